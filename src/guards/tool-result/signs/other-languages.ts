import { inOrder, type Sign, type Vocabulary, vocabulary } from '../sign.ts'

/*
 * The plainest attacks in other languages: ignore your instructions, send secrets away, do not tell the user. Accents are taken off before
 * (`schlüssel` is `schlussel`), and й and ё are и and е.
 */

const IGNORE = vocabulary(
  'ignore (de fr es it pt nl)',
  'ignoriere|ignorieren|ignoriert|vergiss|missachte|missachten',
  'vergessen sie',
  'ignore|ignorez|ignores|oublie|oubliez toutes|tous? les|tes|vos|ces',
  'ne tiens|tenez pas compte',
  'ignora|ignore|ignorad|ignoren|ignorar|olvida|olvide|desestima|desestime|descarta|descarte todas|todos|tutte|tutti? las|los|tus|sus|estas|as|os|suas|estes|le|gli|queste',
  'haz caso omiso',
  'ignora|ignorate|ignori|dimentica|dimenticate|trascura tutte|tutti? le|gli|queste|tue',
  'esqueca|desconsidere|ignore todas|todos? as|os|suas|estas',
  'negeer|vergeet alle|de|je|deze',
)
const INSTRUCTIONS = vocabulary(
  'instructions (de fr es it pt nl)',
  'anweisung|anweisungen|instruktion|instruktionen|vorgaben|befehl|befehle|regeln',
  'consignes|directives|ordres|instructions',
  'instrucciones|indicaciones|ordenes|directrices',
  'istruzioni|indicazioni|direttive',
  'instrucoes|orientacoes|diretrizes|comandos',
  'instructies|opdrachten|aanwijzingen',
)
const SEND = vocabulary(
  'send (de fr es it pt nl)',
  'sende|senden|schick|schicke|schicken|leite|leiten|ubermittle|ubermitteln',
  'envoie|envoies|envoyez|envoyer|transmets|transmettez',
  'envia|envie|enviar|envien|reenvia|reenvie|manda|mande',
  'invia|inviate|inviare|inoltra|inoltrate',
  'encaminhe|encaminha|revele|stuur|verstuur',
)
const SECRET = vocabulary(
  'secret (de fr es it pt nl)',
  'passwort|passworter|zugangsdaten|kundendaten',
  'api schlussel',
  'mot|mots de passe',
  'identifiants',
  'donnees des|personnelles|confidentielles|clients',
  'contrasena|contrasenas|credenciales|claves',
  'datos de|personales|confidenciales',
  'credenziali|chiavi',
  'dati dei|personali|riservati',
  'senha|senhas|credenciais',
  'dados dos|pessoais|confidenciais',
  'password+|wachtwoorden',
)
const HIDE = vocabulary(
  'hide (de fr es it pt)',
  'sag|sage|sagen|verrate|verraten|erzahle|erzahl|informiere sie|es? dem|den|der benutzer|nutzer|anwender|kunden davon? nichts|nicht',
  'sag|sage|verrate|erzahle es? niemandem',
  "n'informe|n'informez|n'avertis|n'avertissez pas l'utilisateur|le|l'utilisatrice",
  'ne dis|dites|revele|revelez|mentionne|mentionnez pas|rien a',
  'no se? lo|le? informe|informes|diga|digas|mencione|menciones|revele|reveles|avise|avises nada? al|el|a usuario|cliente|nadie',
  "non dire|informare|rivelare|menzionare|avvisare nulla|niente? all'utente|l'utente|al|nessuno",
  'nao informe|diga|conte|revele|mencione|avise nada? ao|o|a usuario|utilizador|cliente|ninguem',
)

const RU_IGNORE = vocabulary(
  'ignore (ru)',
  'игнориру*|проигнориру*|забудь|забудьте|отмени|отмените|пренебреги*',
  'не обращаи*|следуи*',
)
const RU_INSTRUCTIONS = vocabulary(
  'instructions (ru)',
  'инструкци*|указани*|команд*|правил*|распоряжени*|предписани*|промпт*',
)
const RU_SEND = vocabulary('send (ru)', 'отправ*|перешл*|пришл*|передаи*|выгруз*|загруз*|скопируи*')
const RU_SECRET = vocabulary(
  'secret (ru)',
  'парол*|ключи|учетны*|конфиденциальн*|персональн*|секретн*',
  'данные|данных клиент*',
)
const RU_HIDE = vocabulary('hide (ru)', 'не сообщаи*|говори*|рассказываи*|упоминаи*|уведомляи*')
const RU_USER = vocabulary('user (ru)', 'пользовател*|клиент*|никому', 'об этом')

/** Vocabulary of scripts without spaces between words. */
function expressions(name: string, ...alternatives: readonly string[]): Vocabulary {
  return { name, phrases: [], pattern: new RegExp(alternatives.join('|'), 'g') }
}

const ZH_IGNORE = expressions(
  'ignore (zh)',
  '忽略',
  '无视',
  '忽视',
  '忘记',
  '忘掉',
  '不要理会',
  '不用管',
  '無視',
  '忘記',
  '不要遵循',
  '不要遵守',
)
const ZH_INSTRUCTIONS = expressions(
  'instructions (zh)',
  '指令',
  '指示',
  '命令',
  '提示',
  '规则',
  '規則',
  '要求',
  '说明',
  '說明',
)
const ZH_SEND = expressions('send (zh)', '发送', '转发', '上传', '泄露', '發送', '轉發', '上傳', '发给', '寄给')
const ZH_SECRET = expressions(
  'secret (zh)',
  '密码',
  '密钥',
  '凭据',
  '客户(?:数据|信息|记录|资料)',
  '机密',
  '隐私',
  '密碼',
  '客戶資料',
  '个人信息',
)
const ZH_HIDE = expressions(
  'hide (zh)',
  '(?:不要|别|勿|不得)(?:告诉|告知|通知|提及|透露|让)(?:任何)?(?:用户|用戶|人|客户|他)',
)
const JA_INSTRUCTIONS = expressions('instructions (ja)', '指示', '命令', '指令', 'プロンプト', 'ルール')
const JA_IGNORE = expressions('ignore (ja)', '無視', '忘れ', '破棄', '従わな')
const JA_SECRET = expressions(
  'secret (ja)',
  'パスワード',
  '機密',
  '顧客(?:情報|データ|リスト)',
  '個人情報',
  'apiキー',
  '認証情報',
  '秘密',
)
const JA_SEND = expressions('send (ja)', '送信', '送って', '転送', 'アップロード', '公開', '送れ')
const JA_HIDE = expressions('hide (ja)', '(?:ユーザー|利用者|誰)に(?:は|も)?(?:伝え|知らせ|言わ|教え|報告し|話さ)な')
const KO_INSTRUCTIONS = expressions('instructions (ko)', '지시', '명령', '지침', '프롬프트', '규칙')
const KO_IGNORE = expressions('ignore (ko)', '무시', '잊어', '따르지')

const override = { kind: 'override', says: 'tells the reader to ignore its instructions', weight: 0.8 } as const
const exfiltration = { kind: 'exfiltration', says: 'asks to send private data', weight: 0.35 } as const
const concealment = { kind: 'concealment', says: 'wants something kept from the user', weight: 0.5 } as const

/** Signs in German, French, Spanish, Italian, Portuguese, Dutch and Russian. */
export const EUROPEAN: readonly Sign[] = [
  { ...override, looks: inOrder(40, IGNORE, INSTRUCTIONS) },
  { ...override, looks: inOrder(40, RU_IGNORE, RU_INSTRUCTIONS) },
  { ...exfiltration, looks: inOrder(60, SEND, SECRET) },
  { ...exfiltration, looks: inOrder(50, RU_SEND, RU_SECRET) },
  { ...concealment, looks: inOrder(0, HIDE) },
  { ...concealment, looks: inOrder(20, RU_HIDE, RU_USER) },
]

/** Signs in Chinese, Japanese and Korean. */
export const EAST_ASIAN: readonly Sign[] = [
  { ...override, looks: inOrder(15, ZH_IGNORE, ZH_INSTRUCTIONS) },
  { ...override, looks: inOrder(8, JA_INSTRUCTIONS, JA_IGNORE) },
  { ...override, looks: inOrder(8, KO_INSTRUCTIONS, KO_IGNORE) },
  { ...exfiltration, looks: inOrder(15, ZH_SEND, ZH_SECRET) },
  { ...exfiltration, looks: inOrder(15, ZH_SECRET, ZH_SEND) },
  { ...exfiltration, looks: inOrder(15, JA_SECRET, JA_SEND) },
  { ...concealment, looks: inOrder(0, ZH_HIDE) },
  { ...concealment, looks: inOrder(0, JA_HIDE) },
]
