import { inOrder, type Sign, symbols, vocabulary } from '../sign.ts'
import { COLON, EARLIER, GIVEN, IGNORE, INSTRUCTIONS, RULES } from './english.ts'

/** How texts call a model; the alternatives of one word. */
const MODEL = 'ai|llm+|assistant+|chatbot+|bot+|gpt|gpt4|chatgpt|claude|gemini|copilot|bard|llama|mistral|agent+'
const MODEL_PHRASES = (before: string) => [
  `${before} ${MODEL}`,
  `${before} large? language model+`,
  `${before} ai|llm|language|virtual|helpful|autonomous model+|assistant+|agent+|system+|bot+`,
]

const MESSAGE_FROM = vocabulary(
  'message from',
  'message+|note+|instruction+|request+|reminder+|order+|email+|letter+ from|by me',
  'message+|note+|instruction+|request+|reminder+|order+|email+|letter+ from|by the|your user|developer|creator|owner|admin|boss|operator|system',
)
const TO_MODEL = vocabulary('to model', 'to|for you', ...MODEL_PHRASES('to|for the?'))
const ABOVE = vocabulary('above', 'above|before|previously|prior|earlier|told|said|learned|know', 'so far', 'until now')
const ALL_THAT = vocabulary('all that', 'everything|anything|whatever|what', 'all of? the|that?')
const STANDS_ABOVE = vocabulary(
  'stands above',
  'ignore|disregard|forget|discard all? of? the? above|previous|preceding|foregoing|prior and|text|content|message+|prompt|passage|document|paragraph|sentence|input|info',
)
const THE_REST = vocabulary('the rest', 'ignore|disregard|forget|discard|skip the? rest|remainder of')
const ITS_TASK = vocabulary(
  'its task',
  'ignore|disregard|forget about? the|my|their user|query|question|request|task|conversation|document|translation|summary|analysis',
  'skip the analysis|summary|review|translation',
)
const VOID = vocabulary(
  'void',
  'are|is|were now? void|invalid|obsolete|cancelled|canceled|superseded|overridden|replaced|revoked|lifted|suspended|outdated|wrong',
  'have|has been void|invalidated|cancelled|canceled|superseded|overridden|replaced|revoked|lifted|suspended|changed',
  'are|is|do|does no longer valid|active|apply|in|relevant|applicable',
)
const PRECEDENCE = vocabulary(
  'precedence',
  'supersede~|override~|overriding',
  'take~|has|have|given|gives precedence|priority over',
)
const NEW_TASK = vocabulary(
  'new task',
  'your new|real|actual|true|only|primary|sole next? instruction+|task|objective|goal|directive|assignment|mission|order+|job|purpose is|are|now|will',
)
const END_OF = vocabulary(
  'end of',
  'end|ending of? the? document|text|input|context|prompt|instruction+|file|resume|report|data|content|conversation|tool|user|article|email|page|translation',
)
const NEW_INSTRUCTIONS = vocabulary(
  'new instructions',
  'new|real|actual|updated|revised|special|secret|hidden|additional|important instruction+|task|objective|directive|assignment|mission|order+|prompt|request for? you? now?',
)
const STOP = vocabulary('stop', "stop|cease|quit|halt|abort|don't", 'do not', 'instead of', 'rather than', 'no need to')
const TASK = vocabulary(
  'task',
  'translat*|summari*|process|processing|analy*|review|reviewing|evaluat*|classify*|classifying|parse|parsing|assess|assessing|grade|grading',
  'your current|original|previous? task|job|work|answer|summary',
  'what you are|were doing',
)
const AND_DO = vocabulary('and do', 'say|write|print|output|respond|reply|answer|tell', 'you must|should|will')

/** Signs that the text wants to replace the instructions of the model. */
export const OVERRIDE: readonly Sign[] = [
  {
    kind: 'override',
    weight: 0.85,
    says: 'tells the reader to ignore its instructions',
    looks: inOrder(40, IGNORE, EARLIER, INSTRUCTIONS),
  },
  {
    kind: 'override',
    weight: 0.7,
    says: 'tells the reader to ignore its instructions',
    looks: inOrder(25, IGNORE, INSTRUCTIONS, GIVEN),
  },
  {
    kind: 'override',
    weight: 0.5,
    says: 'tells the reader to drop its rules',
    looks: inOrder(30, IGNORE, EARLIER, RULES),
  },
  {
    kind: 'override',
    weight: 0.75,
    says: 'tells the reader to ignore what came before',
    looks: inOrder(25, IGNORE, ALL_THAT, ABOVE),
  },
  {
    kind: 'override',
    weight: 0.7,
    says: 'tells the reader to ignore what stands above',
    looks: inOrder(0, STANDS_ABOVE),
  },
  { kind: 'override', weight: 0.45, says: 'tells the reader to drop its task', looks: inOrder(0, ITS_TASK) },
  { kind: 'override', weight: 0.45, says: 'tells the reader to ignore the rest', looks: inOrder(0, THE_REST) },
  {
    kind: 'override',
    weight: 0.65,
    says: 'declares the instructions void',
    looks: inOrder(25, EARLIER, INSTRUCTIONS, VOID),
  },
  {
    kind: 'override',
    weight: 0.4,
    says: 'claims precedence over other instructions',
    looks: inOrder(30, PRECEDENCE, EARLIER, INSTRUCTIONS),
  },
  { kind: 'override', weight: 0.55, says: 'gives the reader a new task', looks: inOrder(0, NEW_TASK) },
  {
    kind: 'override',
    weight: 0.5,
    says: 'gives the reader new instructions',
    looks: inOrder(1, NEW_INSTRUCTIONS, COLON),
  },
  { kind: 'override', weight: 0.5, says: 'tells the reader to stop its task', looks: inOrder(40, STOP, TASK, AND_DO) },
  { kind: 'override', weight: 0.3, says: 'tells the reader to stop', looks: inOrder(4, STOP, TASK) },
  {
    kind: 'override',
    weight: 0.35,
    says: 'marks an end of the document',
    looks: symbols(/(?:[=\-#*_~<[({]{2} ?|\n ?|<\/?|\[)(?:the )?end(?:ing)?\b/, END_OF),
  },
]

const CLAIM = vocabulary(
  'claim',
  "i'm|im your|the|an|a? official? developer+|creator+|admin|admins|administrator+|operator+|owner|boss|supervisor",
  'i am your|the|an|a? official? developer+|creator+|admin|admins|administrator+|operator+|owner|boss|supervisor',
  'this is your|the|an|a? official? developer+|creator+|administrator+|operator+|boss|supervisor|openai|anthropic',
  'this is an|a? important|urgent|official? message|note|instruction|request|order|notice from the|your|an|a? developer+|creator+|admin|administrator+|operator+|owner|boss|supervisor|openai|anthropic|system|security|it',
  'your developer+|creator+|maker+|operator+|owner+|administrator+ have|has|want|wants|need|needs|require|requires|instruct*|order*|asked|asks|authori*',
)

const TEMPLATE_WORDS = vocabulary(
  'template words',
  'im start|end',
  'inst|sys|endoftext|system|assistant',
  'eot id',
  'start|end header',
  'function|tool result+|call+|output+|response',
)
const SYSTEM_MESSAGE = vocabulary(
  'system message',
  'system|admin|administrator|developer|root|security|operator|supervisor|openai|anthropic message|override|instruction+|notice|notification|alert|update|directive|note|command|request|announcement',
)
const ROLE = vocabulary('role', 'system|assistant|user|human|developer|admin')

/** Signs that the text claims to be somebody it is not: the system, an operator, the user. */
export const IMPERSONATION: readonly Sign[] = [
  {
    kind: 'impersonation',
    weight: 0.5,
    says: 'contains markers of a chat template',
    looks: symbols(
      /<\|(?:im_start|im_end|system|user|assistant|endoftext|eot_id|start_header_id|end_header_id)[^|\n]{0,20}\|>|\[\/?inst\]|<<\/?sys>>|<\/?(?:function|tool)_(?:results?|calls?|outputs?|response)>/,
      TEMPLATE_WORDS,
    ),
  },
  {
    kind: 'impersonation',
    weight: 0.5,
    says: 'pretends to be a message of the system',
    looks: symbols(
      /(?:^|\n|[.!?>\]] ?)[\s#*[<({"'`=-]{0,8}(?:new |urgent |important |end of )?(?:system|admin(?:istrator)?|developer|root|security|operator|supervisor|openai|anthropic)[ _-](?:message|override|instructions?|notice|notification|alert|update|directive|note|command|request|announcement)(?: (?:to|for|from) [\w ,]{1,24})? ?(?:\*\*)?[:\])>!=]/,
      SYSTEM_MESSAGE,
    ),
  },
  {
    kind: 'impersonation',
    weight: 0.25,
    says: 'writes as another role',
    looks: symbols(
      /(?:^|\n)[\s#*[<({"'`]{0,6}(?:system|assistant|user|human|developer|admin)[\s*\])}>"'`]{0,4}:\s/,
      ROLE,
    ),
  },
  {
    kind: 'impersonation',
    weight: 0.45,
    says: 'speaks of an override or a special mode',
    looks: inOrder(
      0,
      vocabulary(
        'special mode',
        'admin|administrator|system|developer|root|security|emergency|maintenance|debug|god|sudo|safety|policy|priority override|bypass',
        'enter|enable|activate|entering|in|into the|a|your? admin|administrator|developer|root|emergency|maintenance|debug|god|sudo|dan|jailbreak|unrestricted|unfiltered|evil|test mode',
      ),
    ),
  },
  { kind: 'impersonation', weight: 0.45, says: 'claims to speak for an operator', looks: inOrder(0, CLAIM) },
  {
    kind: 'impersonation',
    weight: 0.7,
    says: 'claims to be a message to the model',
    looks: inOrder(60, MESSAGE_FROM, TO_MODEL),
  },
]

const FOR_MODELS = vocabulary(
  'for models',
  'for|to|attention ai|llm|language assistants|models|agents|bots|assistant|model|agent only?',
  'for|to|attention|dear the|any? ai|llm|automated screener|reviewer|grader|system|reader|parser|evaluator|summarizer|summariser|scanner|recruiter|judge',
  'for|to|attention chatgpt|claude|gpt|gemini|copilot|llm+|ais only?',
)
const MODELS_ALONE = vocabulary(
  'models alone',
  'ai|llm|chatgpt|claude|gemini|copilot',
  'ai|llm assistants|agents|bots|assistant|agent|bot',
)
const GREETING = 'attention|hey|hi|hello|dear|greetings'

/** Signs that the text speaks to a model and not to people. */
export const ADDRESS: readonly Sign[] = [
  {
    kind: 'address',
    weight: 0.5,
    says: 'speaks to an AI model',
    looks: inOrder(
      0,
      vocabulary(
        'greeting',
        ...MODEL_PHRASES(`${GREETING} all|any|my|the|to?`),
        ...MODEL_PHRASES('note|notice|message|attention to|for all|any|the|every|an|a?'),
        'for|to all|any|every ai|llm|language assistants|models|agents|systems|bots',
      ),
    ),
  },
  { kind: 'address', weight: 0.45, says: 'speaks to AI models', looks: inOrder(1, FOR_MODELS, COLON) },
  { kind: 'address', weight: 0.3, says: 'may speak to AI models', looks: inOrder(1, MODELS_ALONE, COLON) },
  {
    kind: 'address',
    weight: 0.6,
    says: 'addresses whichever model reads it',
    looks: inOrder(
      0,
      vocabulary(
        'whichever model',
        ...MODEL_PHRASES('if|when|since|as|because you are an|a|the?'),
        ...MODEL_PHRASES("if|when|since|as|because you're an|a|the?"),
        `${MODEL}|model+ that|who|which? is|are|currently|now? reading|processing|summari*|parsing|reviewing|analy*|handling|evaluating this|these|document|page`,
      ),
    ),
  },
  {
    kind: 'address',
    weight: 0.4,
    says: 'calls the reader a model',
    looks: inOrder(
      0,
      vocabulary(
        'you model',
        'you as an|a ai|llm|language|large model|assistant|language? model?',
        'you are an|a ai|llm|chatbot|language model|assistant?',
        'you the ai|llm|assistant|chatbot|model',
        'the|this ai|llm|assistant|chatbot must|should|shall|will',
        'the|this ai|llm|assistant|chatbot has|needs|is to|required|instructed|requested|ordered|asked',
      ),
    ),
  },
]

/** Signs that the text gives the model another self. */
export const IDENTITY: readonly Sign[] = [
  {
    kind: 'persona',
    weight: 0.4,
    says: 'gives the reader another identity',
    looks: inOrder(
      0,
      vocabulary(
        'identity',
        'you are now|henceforth the|a|an|in|no|my|operating|acting|going|free|dan|called|named|able|to|not|under|required|instructed|connected?',
        'from now on you|your|act|respond|reply|answer|ignore|always|never|only|speak|call|i',
        'from this point|moment on|forward|onwards|onward? you|your|act|respond|reply|answer|ignore|always|never|only|speak|call|i',
        'henceforth you|your',
        'assume|adopt|embody the|this|a|an|another new? role|identity|persona|character|personality',
        'take on the|this|a|an|another new? role|identity|persona|character|personality',
        'your new|only|real|true? role|identity|persona|name|character|personality is now|to',
        'your new|only|real|true? role|identity|persona|name|character|personality will|shall be',
        "pretend to|that|you|you're be|you|are?",
        'act|behave as if you',
        'roleplay as',
      ),
    ),
  },
  {
    kind: 'persona',
    weight: 0.15,
    says: 'asks the reader to act as somebody',
    looks: inOrder(0, vocabulary('act as', 'act|behave as a|an|the|if|my')),
  },
]
