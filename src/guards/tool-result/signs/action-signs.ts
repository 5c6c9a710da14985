import { inOrder, type Sign, symbols, type Vocabulary, vocabulary } from '../sign.ts'
import { EVERYTHING, PLACE, RECORDS, SECRET, SEND, SHOW } from './english.ts'

const LEAK = vocabulary(
  'leak',
  'exfiltrate~|leak~|dump~|steal|export~|upload~|transmit|forward~|send|sending|disclose~|expose~|reveal~|publish~|share~|email|copy|copying',
)
const OWN_PROMPT = vocabulary(
  'own prompt',
  'your complete|entire|full|exact|own? system|initial|hidden|original|secret|internal|confidential|developer prompt+|instruction+|message+|rules|configuration|guidelines|directives',
  'the complete|entire|full|exact? system|hidden|secret|internal|confidential prompt+|instruction+|message+',
)
const ASK_PROMPT = vocabulary(
  'ask prompt',
  'reveal|repeat|print|output|show|display|disclose|leak|recite|translate|encode|summarize|summarise|return|share|expose|copy',
  'tell|give me',
  'write down|out',
  'what is|are|was|were',
)
const PUT_IN = vocabulary(
  'put in',
  'append|add|encode|insert|include|replace|substitute|put|concatenate|embed|fill|place',
)
const THREAD = vocabulary(
  'thread',
  'conversation+|chat|history|secret+|password+|summary|prompt+|information|name+|address*',
)
const LINK = vocabulary('link', 'url+|link+|image+|endpoint+|parameter+|path|placeholder+', 'query string')
const PLACEHOLDER = vocabulary('placeholder', 'placeholder+|parameter+|url')
const PAY = vocabulary(
  'pay',
  'transfer|send|pay|wire|remit|transaction+',
  'make|schedule a|an payment|transaction|transfer|deposit',
)
const AMOUNT: Vocabulary = {
  name: 'amount',
  phrases: ['money|funds|amount|bitcoin|usd|eur|gbp|dollar+|euro+|btc|eth', 'gift card+'],
  pattern: /[$€£¥] ?\d/g,
}
const ACCOUNT: Vocabulary = {
  name: 'account',
  phrases: ['to the|this|my|following? account|iban|wallet|recipient|bank', 'iban'],
  pattern: /\b[a-z]{2}\d{10,30}\b|\b0x[0-9a-f]{8,40}\b/g,
}

/** Where an order begins: at the start of a line or sentence, or after a word that gives it. */
const ORDER = `(?:^|[\\n.!?:;,>"'*-] {0,3}|\\b(?:please|must|should|then|now|also|and|immediately|you|to) )`

/** Signs that the text wants data to leave: to an address, through a link, or into the answer. */
export const EXFILTRATION: readonly Sign[] = [
  {
    kind: 'exfiltration',
    weight: 0.65,
    says: 'asks to send private data to an address',
    looks: inOrder(80, SEND, SECRET, PLACE),
  },
  {
    kind: 'exfiltration',
    weight: 0.55,
    says: 'asks to send an address private data',
    looks: inOrder(60, SEND, PLACE, SECRET),
  },
  {
    kind: 'exfiltration',
    weight: 0.65,
    says: 'asks to look up private data and send it',
    looks: inOrder(80, SHOW, SECRET, SEND, PLACE),
  },
  { kind: 'exfiltration', weight: 0.5, says: 'asks to send private data on', looks: inOrder(60, SECRET, SEND, PLACE) },
  {
    kind: 'exfiltration',
    weight: 0.35,
    says: 'asks to export all private data',
    looks: inOrder(25, LEAK, EVERYTHING, SECRET),
  },
  {
    kind: 'exfiltration',
    weight: 0.3,
    says: 'asks to export all data',
    looks: inOrder(20, LEAK, EVERYTHING, RECORDS),
  },
  { kind: 'exfiltration', weight: 0.3, says: 'asks to hand out private data', looks: inOrder(25, SEND, SECRET) },
  { kind: 'exfiltration', weight: 0.2, says: 'asks to show private data', looks: inOrder(20, SHOW, SECRET) },
  { kind: 'exfiltration', weight: 0.5, says: 'asks for the system prompt', looks: inOrder(25, ASK_PROMPT, OWN_PROMPT) },
  {
    kind: 'exfiltration',
    weight: 0.45,
    says: 'asks to put data into a link',
    looks: inOrder(50, PUT_IN, THREAD, LINK),
  },
  {
    kind: 'exfiltration',
    weight: 0.45,
    says: 'asks to put data into a link',
    looks: inOrder(50, PUT_IN, PLACEHOLDER, THREAD),
  },
]

const OPEN_LINK = vocabulary(
  'open link',
  'visit|open|browse|click|follow|download|load|request',
  'go|navigate to',
  'check out',
)

/** Ways by which data could leave. */
export const CHANNELS: readonly Sign[] = [
  {
    kind: 'channel',
    weight: 0.5,
    says: 'builds a picture link that carries data out',
    looks: symbols(
      /!\[[^\]\n]{0,80}\]\( {0,3}(?:https?:)?\/\/[^)\s]{0,120}[?&=/](?:\{|<|\[|\$|%7b|%5b|(?:your|user|insert|secret|data|conversation|encoded|summary|history|prompt|base64)[_-])|<img\b[^>]{0,80}\bsrc ?= ?["']?(?:https?:)?\/\/[^>"'\s]{0,120}=(?:\{|\[|\$|%7b|"? ?\+)/,
      ['![', '<img'],
    ),
  },
  {
    kind: 'channel',
    weight: 0.25,
    says: 'has a link with a place for data',
    looks: symbols(
      /\/\/[^\s)"'<>?]{3,100}\?(?:[\w.%-]{1,30}=[\w.%-]{0,40}&){0,3}[\w-]{1,30}=(?:\{|<|\[|\$\{?|%7b|%5b)/,
      ['://'],
    ),
  },
  {
    kind: 'channel',
    weight: 0.2,
    says: 'asks to open a link',
    looks: symbols(
      new RegExp(
        `${ORDER}(?:visit|open|go to|navigate to|browse(?: to)?|click(?: on)?|follow|download|load|request|check out) (?:[\\w']{1,16} ){0,4}(?:https?:\\/\\/|www\\.|['"]?\\w[\\w-]{1,30}\\.(?:com|net|org|io|xyz|co|info|ru|cn)\\b)`,
      ),
      OPEN_LINK,
    ),
  },
]

const BEFORE = 'before you|i|we? can|could|may|should|will|do|even?'
const BEFORE_TASK = vocabulary(
  'before task',
  `${BEFORE} solv*|answer*|complet*|respond*|reply|replying|summari*|translat*|continu*|finish*`,
)
const BEFORE_START = vocabulary(
  'before start',
  `${BEFORE} proceed*|process*|carry*|help|perform*|start*|begin*|execut*|do|doing|anything`,
)
const FIRST_DO = vocabulary(
  'first do',
  'please|first|execute|perform|ensure',
  'you must|should|will',
  'you need|have to',
  'do the following',
  'make sure',
)
const DO_FIRST = vocabulary(
  'do first',
  'do|perform|execute|follow|complete the|these|this following|below? task+|step+|action+|instruction+|command+|operation+|request+? first|instead|immediately|now|before|at|without',
  'carry out the|these|this following|below? task+|step+|action+|instruction+|command+|operation+|request+? first|instead|immediately|now|before|at|without',
  'do the following first|instead|immediately|now',
)
const ORDERED = vocabulary(
  'ordered',
  'i|we|user also? need|want|require|instruct|order|command you also? to do|send|make|create|go|visit|call|use|write|tell|give|act|run|add|say|forget|ignore|help|delete|book|buy|forward|share|find|get|perform|execute|follow',
)
const AFTERWARDS = vocabulary(
  'afterwards',
  'after that|doing|completing|this|finishing',
  'after you do|did|finish|complete|have|are done|that|this|it|with?',
)
const GO_ON = vocabulary(
  'go on',
  'you can|may|should|will then? continue|proceed|resume|return|solve|answer|finish|complete|go|carry',
  'then continue|proceed|resume|carry as|normally|with',
)

const CALL = vocabulary('call', 'call|invoke|run|execute|trigger')
const TOOL = vocabulary('tool', 'tool|function|plugin|skill|connector')
const CALL_BY_NAME = vocabulary('call by name', 'call|invoke|execute|use the? send|delete|transfer|forward')
const COMMANDS = vocabulary('commands', 'rm|curl|wget|nc|bin|base64|etc|powershell|mkfs|dd|chmod|invoke')
const DESTROY = vocabulary(
  'destroy',
  'delete|wipe|erase|destroy|disable|deactivate|uninstall|revoke|cancel|grant|shutdown',
  'shut down',
  'remove|change|reset your|the|user|my|all|every',
)
const BELONGINGS = vocabulary(
  'belongings',
  'file+|email+|account+|permission+|backup+|security|antivirus|firewall|password+|admin|database+|subscription+|event+|appointment+|data|record+|access|everything|message+|document+',
)

/** Signs that the text wants the reader to act: steps, tools, payments, commands. */
export const COERCION: readonly Sign[] = [
  { kind: 'coercion', weight: 0.55, says: "puts a task before the user's", looks: inOrder(80, BEFORE_TASK, FIRST_DO) },
  { kind: 'coercion', weight: 0.25, says: 'wants something done first', looks: inOrder(60, BEFORE_START, FIRST_DO) },
  { kind: 'coercion', weight: 0.45, says: 'gives the reader steps to do first', looks: inOrder(0, DO_FIRST) },
  { kind: 'coercion', weight: 0.3, says: 'gives the reader an order', looks: inOrder(0, ORDERED) },
  {
    kind: 'coercion',
    weight: 0.45,
    says: 'tells the reader to go on afterwards as if nothing had happened',
    looks: inOrder(30, AFTERWARDS, GO_ON),
  },
  { kind: 'coercion', weight: 0.2, says: 'asks for a tool to be used', looks: inOrder(30, CALL, TOOL) },
  { kind: 'coercion', weight: 0.2, says: 'asks for a tool to be used', looks: inOrder(0, CALL_BY_NAME) },
  { kind: 'coercion', weight: 0.25, says: 'asks to destroy or switch off', looks: inOrder(20, DESTROY, BELONGINGS) },
  { kind: 'coercion', weight: 0.4, says: 'asks to move money', looks: inOrder(50, PAY, AMOUNT, ACCOUNT) },
  {
    kind: 'code',
    weight: 0.35,
    says: 'contains a dangerous command',
    looks: symbols(
      /\brm -\w{0,3}[rf]\w{0,3} (?:--no-preserve-root )?(?:[/~*]|\$home|\.\/?\*)|\b(?:curl|wget)\b[^\n|]{0,100}\| ?(?:sudo )?(?:ba|z|da)?sh\b|\bnc\b[^\n]{0,40} -\w{0,3}e\b|\/bin\/(?:ba)?sh -i|\bbase64 -{1,2}d\w{0,6}\b[^\n]{0,30}\| ?(?:ba)?sh|\/etc\/(?:passwd|shadow|sudoers)\b|powershell[^\n]{0,40} -e(?:nc|xecutionpolicy)|\bmkfs\b|\bdd if=|\bchmod (?:\+x|777)\b|invoke-expression/,
      COMMANDS,
    ),
  },
]

const HIDE = vocabulary(
  'hide',
  'do|must|should|shall not ever|even? tell|inform|mention|notify|alert|reveal|disclose|say|show|warn|ask|report|acknowledge|let|discuss|explain|refer|admit|hint',
  "don't|never|shouldn't|mustn't|cannot ever|even? tell|inform|mention|notify|alert|reveal|disclose|say|show|warn|ask|report|acknowledge|let|discuss|explain|refer|admit|hint",
  'without|avoid ever? telling|informing|mentioning|notifying|alerting|revealing|disclosing|saying|showing|warning|asking|reporting|acknowledging|letting|discussing',
  'refrain from telling|informing|mentioning|notifying|alerting|revealing|disclosing|saying|showing|warning|asking|reporting',
  'no need to tell|inform|mention|notify|alert|ask|report',
)
const FROM_WHOM = vocabulary(
  'from whom',
  'user+|human+|customer+|operator+|owner+|victim+|recipient+|anyone|anybody|them',
  'this message|instruction|note|text|prompt|request|step|action|task|command|to',
  'these instructions|steps',
  'that you were|have|are|did',
  'user|explicit|further|their|for permission|confirmation|approval|consent',
)
const SECRETLY = vocabulary(
  'secretly',
  'silently|secretly|covertly|quietly|discreetly|stealthily|surreptitiously|invisibly',
  'in the background',
)
const ACT = vocabulary(
  'act',
  'send|forward|email|upload|post|run|execute|call|delete|modify|perform|copy|transfer|embed|download|install|steal|collect|record',
)
const UNNOTICED = vocabulary(
  'unnoticed',
  'keep this|it|these|that a? secret|hidden',
  'keep this|it|that between us',
  'keep this|it|that to yourself',
  'user|they|he|she|anyone|nobody must|should|will|can|need not? ever? notice|suspect|find',
  "user|they|he|she|anyone mustn't|shouldn't|won't|can't notice|suspect|find|know|see",
  'user|they|anyone|nobody must|should|need not? be told|informed|aware|notified|asked',
)

/** Signs that the text wants something kept from people. */
export const CONCEALMENT: readonly Sign[] = [
  {
    kind: 'concealment',
    weight: 0.55,
    says: 'wants something kept from the user',
    looks: inOrder(35, HIDE, FROM_WHOM),
  },
  { kind: 'concealment', weight: 0.4, says: 'wants something done in secret', looks: inOrder(15, SECRETLY, ACT) },
  { kind: 'concealment', weight: 0.4, says: 'wants something to stay unnoticed', looks: inOrder(0, UNNOTICED) },
]

/** Signs of pressure: urgency and borrowed authority. They say little alone. */
export const PRESSURE: readonly Sign[] = [
  {
    kind: 'pressure',
    weight: 0.3,
    says: 'shouts for attention',
    looks: symbols(
      /\b(?:important|urgent|attention|warning|critical|alert|stop|note) ?!{2}|\w!{3}|<(?:important|information|urgent)>/,
      ['!!', '<i', '<u'],
    ),
  },
  {
    kind: 'pressure',
    weight: 0.3,
    says: 'claims priority or threatens',
    looks: inOrder(
      0,
      vocabulary(
        'priority',
        'highest|top|maximum|utmost|absolute priority',
        'failure to comply|do|follow|obey',
        'you must|will|shall comply|obey',
        'you have|are required|obligated|obliged|ordered|commanded? to comply|obey',
        'non negotiable',
        'mandatory instruction|step|action',
        'imperative that you',
        'under no circumstances',
        'at all costs',
        'this is a|an? very|extremely? important|urgent|critical message|notice|instruction|request',
      ),
    ),
  },
  {
    kind: 'pressure',
    weight: 0.4,
    says: 'claims that it was authorised',
    looks: inOrder(
      0,
      vocabulary(
        'authorised',
        'authori*|approved|verified|confirmed|permitted|cleared|sanctioned by the|your|an|a? user|admin|administrator+|system|security|developer+|openai|anthropic|owner|management|ceo|company|operator',
        'the user has already|explicitly|previously? authori*|approved|consented|agreed|confirmed|verified|given',
      ),
    ),
  },
  {
    kind: 'pressure',
    weight: 0.1,
    says: 'presses',
    looks: inOrder(0, vocabulary('presses', 'immediately', 'right now', 'at once', 'without delay|hesitation')),
  },
]
