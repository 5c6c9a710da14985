import { inOrder, type Sign, symbols, vocabulary } from '../sign.ts'
import {
  ADD,
  CHANGE,
  DO,
  IN_LANGUAGE,
  IN_YOUR_ANSWER,
  INTO_ANSWER,
  LETTERS,
  QUOTE,
  SNIPPET,
  STRANGE_FORM,
  WORK_IN,
  WRITE,
  YOUR_ANSWER,
  YOUR_CODE,
} from './english.ts'

const ANSWER_VERB = vocabulary('answer verb', 'reply|respond|answer|speak')
const DICTATE = vocabulary(
  'dictate',
  'respond|reply|answer only|just|exactly|simply|solely? with only|just|exactly? the word|phrase|text|sentence|following|exact',
  'say|print|respond|reply|answer only',
  'say|print|respond|reply|answer|output|write nothing but',
  'say|print exactly',
  'respond|reply|answer to? every|each|all|any question+|message+|request+|prompt+|query|queries with',
  'instead you|please|just? say|print|output|respond|reply|write',
)
const WHEN_SUMMARISING = vocabulary(
  'when summarising',
  'when|while|if you? summari*|translat*|answering|answer|responding|respond|asked|reviewing|review|evaluat*|analy*|describing|describe|discussing',
)
const CLAIM_THAT = vocabulary(
  'claim that',
  'state|say|mention|claim|recommend|tell|insist|always|add|praise|reply|answer|respond that|you|it|the|this|only|with|yes|no?',
)
const SAY_THIS = vocabulary(
  'say this',
  'say|print|output|write|repeat only|exactly|just?',
  'say|print|output|write|repeat only|exactly|just? the word|phrase|text|sentence|following|string',
  'respond|reply|answer with',
)
const PUT_QUOTE = vocabulary('put quote', 'add|include|insert|put|append')
const VOWELS = vocabulary('vowels', 'letter+|vowel+|consonant+')
const SWAP = vocabulary('swap', 'replace|substitute|swap|convert|exchange')
const BY = vocabulary('by', 'with|by|for')
const TAKE_OVER = vocabulary(
  'take over',
  'add|append|insert|include|incorporate|integrate|embed|merge|fuse|blend|weave|adopt|use|utilize|utilise|employ|deploy|leverage|engage|enlist|introduce|implement|feature|render|execute|absorb|inject|meld|harmonize',
)

/** Signs that the text wants to shape the model's own answer. */
export const ANSWER: readonly Sign[] = [
  {
    kind: 'answer',
    weight: 0.65,
    says: "wants something worked into the model's answer",
    looks: inOrder(120, WORK_IN, INTO_ANSWER),
  },
  { kind: 'answer', weight: 0.5, says: 'wants something added to an answer', looks: inOrder(120, ADD, INTO_ANSWER) },
  {
    kind: 'answer',
    weight: 0.65,
    says: "wants a given text put into the model's answer",
    looks: inOrder(130, PUT_QUOTE, QUOTE, INTO_ANSWER),
  },
  { kind: 'answer', weight: 0.65, says: "wants the model's answer changed", looks: inOrder(30, CHANGE, YOUR_ANSWER) },
  {
    kind: 'answer',
    weight: 0.45,
    says: 'says how an answer should be written',
    looks: inOrder(30, WRITE, YOUR_ANSWER),
  },
  { kind: 'answer', weight: 0.5, says: 'says what an answer should contain', looks: inOrder(12, IN_YOUR_ANSWER, DO) },
  {
    kind: 'answer',
    weight: 0.65,
    says: 'wants the answer in a strange form',
    looks: inOrder(40, STRANGE_FORM, IN_YOUR_ANSWER),
  },
  {
    kind: 'answer',
    weight: 0.65,
    says: 'wants the answer in a strange form',
    looks: inOrder(40, YOUR_ANSWER, STRANGE_FORM),
  },
  {
    kind: 'answer',
    weight: 0.65,
    says: 'wants the letters of the answer changed',
    looks: inOrder(40, YOUR_ANSWER, LETTERS),
  },
  {
    kind: 'answer',
    weight: 0.65,
    says: 'wants the letters of the answer changed',
    looks: inOrder(40, LETTERS, IN_YOUR_ANSWER),
  },
  {
    kind: 'answer',
    weight: 0.55,
    says: 'wants the answer in a strange form',
    looks: inOrder(15, ANSWER_VERB, STRANGE_FORM),
  },
  {
    kind: 'answer',
    weight: 0.5,
    says: 'wants the answer in another language',
    looks: inOrder(20, YOUR_ANSWER, IN_LANGUAGE),
  },
  {
    kind: 'answer',
    weight: 0.45,
    says: 'wants the answer in another language',
    looks: inOrder(10, ANSWER_VERB, IN_LANGUAGE),
  },
  { kind: 'answer', weight: 0.45, says: 'wants letters replaced', looks: inOrder(25, SWAP, VOWELS, BY) },
  { kind: 'answer', weight: 0.45, says: 'dictates an answer', looks: inOrder(0, DICTATE) },
  {
    kind: 'answer',
    weight: 0.45,
    says: 'says what to claim about the text',
    looks: inOrder(40, WHEN_SUMMARISING, CLAIM_THAT),
  },
  { kind: 'answer', weight: 0.45, says: 'dictates an answer', looks: inOrder(2, SAY_THIS, QUOTE) },
  {
    kind: 'answer',
    weight: 0.6,
    says: "wants code taken over into the model's own",
    looks: inOrder(60, SNIPPET, YOUR_CODE),
  },
  {
    kind: 'answer',
    weight: 0.6,
    says: "wants code taken over into the model's own",
    looks: inOrder(60, YOUR_CODE, SNIPPET),
  },
  { kind: 'answer', weight: 0.3, says: 'wants code taken over', looks: inOrder(30, TAKE_OVER, SNIPPET) },
]

const CODE_WORDS = vocabulary(
  'code words',
  'subprocess|shutil|requests|socket|urlopen|urllib|httpx|eval|exec|pynput|keylog*|getpass|smtplib|ipconfig|scapy|miner|exploit|pickle|pyautogui|pyperclip|win32clipboard|cryptography|crypto|scp|rsync|rmtree|import',
  'document cookie',
  'authorized keys',
  'while true',
  'os system|fork|popen|dup2',
  'format c',
  'nc e',
)

/** Signs of code that does harm. */
export const CODE: readonly Sign[] = [
  {
    kind: 'code',
    weight: 0.5,
    says: 'holds code that sends local data out',
    looks: symbols(
      /\b(?:requests|httpx|session|urllib\d?|http)\.(?:post|put|request)\([^)\n]{0,80}(?:open\(|read\(|environ|getuser|platform\.|screenshot|clipboard|cookie)|\bdocument\.cookie\b|\bgetpass\.getuser\b|\bsmtplib\b|\b(?:scp|rsync)\b[^\n]{0,60}@/,
      CODE_WORDS,
    ),
  },
  {
    kind: 'code',
    weight: 0.5,
    says: 'holds code that harms the machine',
    looks: symbols(
      /\bshutil\.rmtree\(["']\/?["')]|\bos\.fork\(|\bopen\(["']\/(?:etc|boot)\/|authorized_keys|\bos\.dup2\(|\bnc -e\b|\bipconfig \/release\b|\bformat c:|\bos\.(?:system|popen)\([^)\n]{0,40}(?:rm -|curl|wget|shutdown|reboot|mkfs|ping -n)|\bsubprocess\.\w{3,12}\([^)\n]{0,40}(?:rm -|curl|wget|xsel|pbpaste|screencapture|screenshot|nvidia-smi|netstat|ipconfig|shutdown|ssh -l)/,
      CODE_WORDS,
    ),
  },
  {
    kind: 'code',
    weight: 0.5,
    says: 'holds code that watches, encrypts or attacks',
    looks: symbols(
      /\bpynput\b|\bkeylog|\bwin32clipboard\b|\bpyperclip\.paste\(|\bpyautogui\.screenshot\(|\bcryptography\.(?:fernet|hazmat)\b|\bfrom crypto\.cipher\b|\bfrom scapy\b|\bminer\b|\bexploit\.\w{2,3}\b|\bpickle\.loads\(\w{1,20}\.content|\b(?:eval|exec)\((?:requests|urllib|response|data)\b/,
      CODE_WORDS,
    ),
  },
  {
    kind: 'code',
    weight: 0.2,
    says: 'holds code that runs commands or talks to a server',
    looks: symbols(
      /\bos\.system\(|\bsubprocess\.(?:run|call|popen|check_output)\(|\bsocket\.socket\(|\brequests\.(?:get|post)\(["']https?:|\burlopen\(|\bwhile true:/,
      CODE_WORDS,
    ),
  },
]

const WITHOUT = vocabulary(
  'without',
  'without|disregards|disregarding',
  'free from|of',
  'not bound|limited|restricted by',
  'does|do not follow|have',
  "doesn't|don't follow|have",
  'bypass|bypasses|bypassing',
)
const MORALS = vocabulary(
  'morals',
  'restrictions|limitations|censorship|morals|ethics|boundaries|principles',
  'ethical|moral|legal|safety|content|openai|usual|typical and|or? ethical|moral|legal? restrictions|limitations|guidelines|filter+|boundaries|principles|rules|constraints',
)

/** Signs of a text that wants the model to have no rules. */
export const UNBOUND: readonly Sign[] = [
  {
    kind: 'unbound',
    weight: 0.65,
    says: 'is a known way to talk a model out of its rules',
    looks: inOrder(
      0,
      vocabulary(
        'known',
        'do anything now',
        'dan|jailbreak|developer|evil|god|opposite mode enabled|on|activated|output',
        'stay a|in dan|jailbreak|jailbroken',
      ),
    ),
  },
  { kind: 'unbound', weight: 0.5, says: 'asks for a model without rules', looks: inOrder(20, WITHOUT, MORALS) },
  {
    kind: 'unbound',
    weight: 0.35,
    says: 'asks for no limits',
    looks: symbols(
      /\bno (?:ethical |moral |legal |content )?(?:restrictions|limitations|censorship|morals?|filters)(?! (?:on|to|for|in|of))\b/,
      ['no '],
    ),
  },
  {
    kind: 'unbound',
    weight: 0.4,
    says: 'asks the model never to refuse',
    looks: inOrder(
      0,
      vocabulary(
        'never refuse',
        "never|cannot|can't|won't|don't ever? refuse|refuses|decline|reject|apologize|apologise",
        'never|not break character',
        'must|will|can|should|do|does not ever? refuse|decline|reject|apologize|apologise',
        'never say no',
        'stay in character',
        'unfiltered|uncensored|amoral|unethical|immoral',
      ),
    ),
  },
  {
    kind: 'persona',
    weight: 0.3,
    says: 'sets up a game of roles',
    looks: inOrder(
      0,
      vocabulary(
        'game',
        'roleplay|roleplaying',
        'role play|playing',
        'simulate|simulates|simulating a|an|the chatbot|ai|persona|character|developer',
        'hypothetical response|story|scenario|character',
        'two responses|answers',
        'fictional character|story|scenario',
        'i want you to act',
        'you are going to act|pretend|play',
        'you will act|pretend|play',
      ),
    ),
  },
]
