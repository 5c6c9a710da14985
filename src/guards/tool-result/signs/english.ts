import { type Vocabulary, vocabulary } from '../sign.ts'

/*
 * The expressions that attacks are made of, by what they do in a sentence. All in lower case, straight quotes, no accents: that is how
 * `normalise` leaves a text.
 */

/** To stop minding something. */
export const IGNORE = vocabulary(
  'ignore',
  'ignore~|disregard~|forget|forgetting|override~|bypass~|discard~|neglect~|dismiss~|overlook~|abandon~|disobey~|violate~|drop|skip|cancel',
  'pay no attention to',
  'do|must|should|shall not|never follow|obey|adhere|heed|mind|listen to?',
  "don't|never|stop|cease|quit follow|following|obey|obeying|adhere|adhering|heed|heeding|minding to?",
  'set|put|leave|lay aside',
  'never mind',
)

/** Which instructions: those the model has. */
export const EARLIER = vocabulary(
  'earlier',
  'previous|previously|prior|above|earlier|preceding|foregoing|former|existing|initial|original|old|all|any|your|system|these|those|past|current|other|every|before',
  'developer|user|owner|operator',
  'you have|were|had been? given|told|received',
  'given to you',
)

/** Said of instructions that were named before: who gave them. */
export const GIVEN = vocabulary(
  'given',
  'you have|were|had|got been? given|told|received|got',
  'given to you',
  'from|by|of the|your? user|developer|system|owner|operator|creator',
  'above',
)

/** What a model follows. */
export const INSTRUCTIONS = vocabulary(
  'instructions',
  'instruction+|prompt+|direction+|directive+|guideline+|command+|order+|guidance|programming|training',
)

/** What a model is bound by, less plainly. */
export const RULES = vocabulary(
  'rules',
  'rule+|constraint+|restriction+|context+|task+|request+|safeguard+|limitation+|filter+|conversation+|message+|query|queries|question+|input+|text+|policy+|safety',
)

/** To hand something to somebody else. */
export const SEND = vocabulary(
  'send',
  'send|sends|sending|forward~|email~|upload~|post~|transmit|transmits|transmitting|exfiltrate~|leak~|export~|share~|deliver~|submit|submits|submitting|copy|copies|copying|dump~|reveal~|disclose~|expose~|extract~|steal|stealing|publish~|paste~|relay~|transfer|transfers|transferring',
  'e mail',
  'hand|hands over',
  'give|gives away',
)

/** To bring something to light. */
export const SHOW = vocabulary(
  'show',
  'print|output|show|display|repeat|list|return|read|fetch|retrieve|find|collect|gather|access|recite|encode|include|append|attach',
  'tell|give me',
  'write down|out',
  'look up|for',
  'search for',
  'reply|respond|answer with',
)

/** What should not leave. */
export const SECRET = vocabulary(
  'secret',
  'password+|passphrase+|credential+|secret+|cookie+|passport+|ssn|ssns|env',
  'api|private|ssh|secret|access|encryption|wallet key+',
  'access|auth|authentication|session|bearer|refresh token+|code+',
  'customer+|client+|user+|patient+|employee+|medical|health|financial|bank|banking|personal|sensitive|private|confidential|internal|account|payment|billing|company record+|database+|list+|document+|file+|email+|message+|contact+|transaction+|card+|number+|detail+|data|information|info|history',
  'credit|card card|number+',
  'credit cards',
  'social security',
  'conversation|chat|message|browsing|search|transaction history|log+',
  'entire|full|whole|previous chat|conversation',
  'all|every of? the|my|your|user|their|his|her? unread|recent|previous|stored|available? emails|messages|contacts|files|documents|records|invoices|transactions|data|notes',
  'environment variable+',
  'security|verification|login|confirmation|reset|backup|recovery|2fa|mfa|otp code+|link+|pin+',
  'one time password|code',
  'system prompt',
  'seed phrase',
  'home address',
)

/** Where it should not go. */
export const PLACE: Vocabulary = {
  name: 'place',
  phrases: [
    'to the following|attacker|given|specified|below',
    'to this|my address|email|server|url|number|site|website|account|endpoint|webhook|inbox',
    'webhook',
    'pastebin',
  ],
  pattern: /(?<=[\w.+-])@[\w-]{1,40}\.[a-z]{2,12}|(?<=https?|ftp|wss?):\/\/\w|\bwww\.\w/g,
}

/** All of it. */
export const EVERYTHING = vocabulary('everything', 'all|every|entire|any|full|complete|whole')

/** Stores of data. */
export const RECORDS = vocabulary(
  'records',
  'record+|database+|credential+|secret+|account+|table+|email+|contact+|file+|data',
)

/** The model's own answer. */
export const YOUR_ANSWER = vocabulary(
  'your answer',
  'your|this|every|each|all next|final|own|main|entire? response+|reply+|answer+|output+|summary+|elucidation+',
  'the final response|reply|answer|output|summary',
  'your message+|text+|translation+|report+|solution+|explanation+|word+|sentence+',
)

/** Said of something that is to happen in the answer. */
export const IN_YOUR_ANSWER = vocabulary(
  'in your answer',
  'in|within|for|throughout|inside your|every|each final|next|own? response+|reply+|answer+|output+|summary+|message+',
)

/** Said of something that is to go into the answer. */
export const INTO_ANSWER = vocabulary(
  'into answer',
  'in|to|into|within|inside|alongside all of your response+|reply+|answer+|output+|message+',
  'in|to|into|within|inside|alongside your|this|every|each|all next|final|own|main? response+|reply+|answer+|output+|summary+|message+',
  'in|to|into|within|inside the final response|reply|answer|output|summary',
  'end|start|beginning|top|bottom of your|every|each next|final|own? response+|reply+|answer+|output+|summary+|message+',
)

/** To put something into a text, as people ask one another. */
export const ADD = vocabulary(
  'add',
  'add|adding|include|including|insert|inserting|mention|mentioning|attach|attaching|put|place',
)

/** To put something into a text, as only somebody does who is not its writer. */
export const WORK_IN = vocabulary(
  'work in',
  'append~|integrate~|incorporate~|embed|embedding|prepend~|introduce~|blend~|weave|weaving|merge~|fuse|fusing|inject~',
  'add a sentence|line|statement|link|compelling',
  'add the? following',
)

/** To make a text different that is not one's own. */
export const CHANGE = vocabulary(
  'change',
  'modify~|modifying|augment~|enhance~|alter~|change~|adjust~|rewrite|rewriting|extend~|elevate~|improve~|refine~|upgrade~|encrypt~|encode~|translate~|reverse~|scramble~|shift~|replace~|render~|misspell~|jumble~|rearrange~|substitute~|invert~|convert~|shuffle~|anagram~|cipher~|obfuscate~',
)

/** To write a text in some way. */
export const WRITE = vocabulary(
  'write',
  'provide|give|write|present|deliver|make|keep|begin|start|end|finish|preface|conclude|fill|limit|restrict|use|using|apply|remove|express|format|group|combine',
)

/** What to do to an answer when it is addressed directly. */
export const DO = vocabulary(
  'do',
  'suggest|mention|include|tease|add|use|refer|hint|introduce|only|state|say|recommend|display|promote|direct|advise|encourage|provide|tell|write|replace|substitute|claim|insist|list|print',
)

/** Strange ways to write an answer. */
export const STRANGE_FORM = vocabulary(
  'strange form',
  'base16|base32|base58|base64|hex|hexadecimal|rot13|caesar|cipher+|morse|emoji+|anagram+|anagrammed|backward|backwards|typo+|misspelled|misspelling+|reverse|reversed',
  'base 16|32|58|64',
  'pig latin',
  'without any? spaces|vowels|punctuation',
  'without any spaces or punctuation',
  'homophonic|alphanumeric|emoji|monoalphabetic|simple substitution|cipher',
)

/** A language to answer in. */
export const IN_LANGUAGE = vocabulary(
  'in language',
  'in|into|to french|spanish|german|italian|portuguese|russian|chinese|japanese|korean|arabic|latin|klingon|dutch|hindi|turkish',
)

/** What writing is made of. */
export const LETTERS = vocabulary('letters', 'letter+|vowel+|word+|character+|keyword+|space+|symbol+')

/** A piece of code that is to be taken over. */
export const SNIPPET = vocabulary(
  'snippet',
  'following|subsequent|below|next|given|attached python|shell|bash|javascript? code|script|snippet snippet+|block+|excerpt+|section+|segment+|fragment+|piece+|sample+?',
)

/** The program or answer that the model is writing. */
export const YOUR_CODE = vocabulary(
  'your code',
  'your own|program|solution? solution+|algorithm+|elucidation|implementation+|response+|answer+|codebase|code|program|project|application|explanation|functionality|logic|architecture|foundation',
  'the code you develop|write|produce|provide',
)

/** The beginning of a quotation. */
export const QUOTE: Vocabulary = { name: 'quote', phrases: [], pattern: /(?<=[\s:])["'](?=[^"'\s])/g }

/** What introduces something. */
export const COLON: Vocabulary = { name: 'colon', phrases: [], pattern: /:/g }
