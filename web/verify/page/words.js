// The page's own sentences. Those of the ten steps come with the report, in both languages. {0}, {1} are filled in.

const words = {
  brand: ['Draw check', '开奖核对'],
  heading: ['Check a draw', '核对一次开奖'],
  language: ['Language', '语言'],
  intro: [
    'Recompute a lottery draw in this browser. Nothing is sent anywhere; only the event’s own record is read.',
    '在本浏览器中重新计算一次抽奖。不会上传任何内容,只读取该活动自己的公开记录。',
  ],

  idle: ['No draw is open yet', '尚未打开任何抽奖'],
  idleText: [
    'Give the address of an event below, or open the files you saved.',
    '请在下方输入活动地址,或打开您保存的文件。',
  ],
  loading: ['Checking …', '正在核对……'],
  loadingText: ['The record is being read and the draw run again.', '正在读取记录并重新抽取。'],
  stopped: ['The check stopped', '核对中断'],
  stoppedText: ['The checker ended unexpectedly: {0}. Nothing is known; reload the page to try again.', '核对程序意外终止:{0}。没有任何结论;请刷新页面重试。'],
  unavailable: ['Nothing could be checked', '无法核对'],
  unavailableText: [
    'The record of this draw could not be had: {0} That says nothing about the draw itself.',
    '无法取得本次抽奖的记录:{0}这并不说明抽奖本身有无问题。',
  ],
  absent: ['No such event', '没有这个活动'],
  absentText: ['The service knows no event at this address. Is the address complete?', '服务器上没有该地址对应的活动。请检查地址是否完整。'],
  unlocked: ['Not locked yet', '名单尚未锁定'],
  unlockedText: [
    'Joining is still open, or the list is just being frozen. There is nothing to check yet; note down what is shown under “What to keep” and come back after the draw.',
    '活动仍可参与,或名单正在冻结。现在还没有可核对的内容;请记下“请保存”中的内容,开奖后再来核对。',
  ],
  canceled: ['Canceled', '活动已取消'],
  canceledText: ['The service says that this event was canceled: there was no draw.', '服务器显示本活动已取消,没有开奖。'],
  failed: ['Failed: step {0}, {1}', '未通过:第 {0} 步,{1}'],
  alsoFailed: ['These steps failed as well: {0}.', '以下步骤同样未通过:{0}。'],
  contradicted: ['The service contradicts its own proof', '服务器显示的内容与证明矛盾'],
  contradictedText: [
    'The proof may be sound in itself, but it does not belong to what the service shows as this event.',
    '证明本身可能没有问题,但它与服务器所显示的活动不符。',
  ],
  undrawn: ['Not drawn yet', '尚未开奖'],
  undrawnText: ['The list is locked and nothing failed so far. The winners are not known to anybody yet.', '名单已锁定,目前没有任何一步未通过。现在还没有人知道结果。'],
  undrawnTrusted: ['The list is locked and nothing failed so far. Only the operator can know the result yet.', '名单已锁定,目前没有任何一步未通过。现在只有平台可能知道结果。'],
  rehearsal: ['Nothing failed, but this draw proves nothing', '没有一步未通过,但本次抽奖不能证明任何事'],
  rehearsalText: [
    'Its randomness is of a development chain. Whoever runs that chain could have chosen the winners.',
    '其随机数来自开发链。运行该链的人可以任意选择中奖者。',
  ],
  trusted: ['Nothing failed, but the operator has to be trusted', '没有一步未通过,但须信任平台'],
  trustedText: [
    'This event uses no public randomness. The winners follow from the list and the operator’s secret, and the operator could have known them in advance.',
    '本活动不使用公共随机数。结果由名单和平台的密钥得出,平台有可能事先知道结果。',
  ],
  late: ['Nothing failed, but the list was locked late', '没有一步未通过,但名单锁定得晚'],
  lateText: [
    'That the list was locked before the randomness was known rests on the operator’s word.',
    '名单是否在随机数公布之前锁定,只能凭平台的说法。',
  ],
  open: ['Nothing failed; not everything was checked', '没有一步未通过;但并非全部核对'],
  openText: ['What was checked holds. What is listed here was not checked and may still matter.', '已核对的部分都成立。以下内容没有核对,仍可能有影响。'],
  complete: ['Everything was checked and nothing failed', '全部核对完毕,没有一步未通过'],
  completeText: ['The winners follow from the locked list and public randomness that nobody could choose.', '中奖者由锁定的名单和任何人都无法选择的公共随机数得出。'],
  openHeading: ['Not checked', '未核对'],
  wrongHeading: ['What does not fit', '不相符之处'],
  noteHeading: ['Also to know', '另请注意'],
  meaning1: ['Without a readable record nothing can be said about this draw.', '没有可读的记录,就无法对本次抽奖下任何结论。'],
  meaning2: ['What was announced and what was drawn may not be the same: prizes, times or the event itself.', '公布的与实际抽取的可能不是一回事:奖品、时间或活动本身。'],
  meaning3: ['The operator could have picked a secret that suits him after the list was known.', '平台可能在得知名单之后才挑选对自己有利的密钥。'],
  meaning4: ['The randomness is not the one that was promised, so somebody could have chosen it.', '所用随机数不是承诺的那一轮,因此可能被人挑选过。'],
  meaning5: ['Somebody made this randomness up, and with it could choose the winners.', '随机数是伪造的;伪造者可以借此选择中奖者。'],
  meaning6: ['The list may have been changed after the lock.', '名单可能在锁定之后被改动。'],
  meaning7: ['The draw started from a number that does not belong to it.', '抽取所用的种子并非应有的种子。'],
  meaning8: ['The published winners are not the ones that this draw gives.', '公布的中奖者不是本次抽取应得的中奖者。'],
  meaning9: ['The published list or the winners’ tickets are not those that were locked.', '公布的名单或中奖号码不是锁定时的名单或号码。'],
  meaning10: [
    'Your ticket or receipt and the locked list do not agree. Keep the receipt: signed by the operator, it can be shown to others.',
    '您的号码或回执与锁定名单不一致。请保留回执:它有平台签名,可以出示给他人。',
  ],

  devBanner: ['Development chain: this draw proves nothing.', '开发链:本次抽奖不能证明任何事。'],
  devBannerText: [
    'The address of this page allows a chain whose rounds its owner can make up. Use it for trying things out only.',
    '本页地址允许使用开发链,其持有者可以编造随机数。仅供试用。',
  ],

  contradictsId: ['The proof is of another event than the one asked for.', '证明属于另一个活动,而不是所查询的活动。'],
  contradictsManifest: ['The manifest digest that the service shows for the event is not the proof’s.', '服务器显示的活动摘要与证明中的不同。'],
  contradictsLock: ['The lock digest that the service shows for the event is not the proof’s.', '服务器显示的锁定摘要与证明中的不同。'],
  contradictsTimes: ['The times that the service shows for the event are not the proof’s.', '服务器显示的时间与证明中的不同。'],
  contradictsRules: ['Title, description, prizes or draw time as the service shows them are not those of the rules text.', '服务器显示的标题、说明、奖品或开奖时间与规则文本不同。'],

  noteLate: ['The service says that this draw did not keep its announced time.', '服务器显示本次开奖未按预定时间进行。'],
  noteEvent: ['The event’s own page could not be read, so prize names and rules text are missing. {0}', '无法读取活动信息,因此缺少奖品名称和规则文本。{0}'],
  noteUndrawn: ['{0} prizes were not drawn because there were fewer participants.', '由于参与人数不足,有 {0} 份奖品未抽出。'],
  openList: ['The list could not be loaded: {0}', '名单无法加载:{0}'],
  openRefused: ['{0}: it can’t be read, so it was left out.', '{0}:无法读取,因此未使用。'],

  progress: ['Loading the list: {0} of {1}', '正在加载名单:{0} / {1}'],
  working: ['Running the draw again …', '正在重新计算……'],
  stop: ['Go on without the list', '不等名单,继续核对'],

  timeline: ['What happened', '经过'],
  local: ['your time', '本地时间'],
  announced: ['Announced', '公布活动'],
  announcedText: ['The operator committed to rules, times and a secret.', '平台对规则、时间和密钥作出了承诺。'],
  unknownTime: ['The record does not say when.', '记录中没有这个时间。'],
  joiningEnds: ['Joining ends', '参与截止'],
  joiningEnded: ['Joining ended', '参与截止'],
  listLocked: ['List locked', '名单锁定'],
  listWaits: ['List to be locked', '等待锁定名单'],
  tickets: ['{0} tickets.', '{0} 个号码。'],
  lockSeen: ['You saw its digest before the draw.', '您在开奖前看到过它的摘要。'],
  lockUnproven: ['When it was locked is not proven: no digest from before the draw was given.', '锁定时间未经证明:未提供开奖前看到的摘要。'],
  lockLate: ['Locked late, after the time that was promised.', '锁定得晚,超过了承诺的时间。'],
  round: ['Public randomness, round {0}', '公共随机数第 {0} 轮'],
  roundGenuine: ['Genuine: signed by the public source.', '真实:有公共来源的签名。'],
  roundAllowed: ['Signed by the development chain that you allowed.', '由您允许的开发链签名。'],
  roundFalse: ['Not genuine, or not the round that decides.', '不真实,或不是应使用的一轮。'],
  roundWaits: ['Not used yet.', '尚未使用。'],
  noRound: ['No public randomness', '没有公共随机数'],
  noRoundText: ['The operator’s secret alone decides; the operator has to be trusted.', '仅由平台的密钥决定结果;须信任平台。'],
  drawn: ['Drawn', '开奖'],
  drawDue: ['Draw due', '预定开奖'],
  winnersDrawn: ['{0} winners.', '{0} 位中奖者。'],
  dueAt: ['Due', '预定'],
  lateMark: ['late', '延迟'],
  serviceSays: ['Time as the service says.', '时间据服务器显示。'],

  steps: ['The ten steps', '十个步骤'],
  stepOk: ['Holds', '通过'],
  stepFailed: ['Failed', '未通过'],
  stepNotChecked: ['Not checked', '未核对'],

  winners: ['Winners', '中奖者'],
  winnersText: ['As the proof lists them, in prize order. Numbers of the list count from 0.', '按证明所列,依奖品顺序。名单编号从 0 开始。'],
  winnersUnsure: ['A step failed: do not rely on this table.', '有步骤未通过:请勿依赖此表。'],
  nobody: ['Nobody joined, so nobody won.', '无人参与,因此无人中奖。'],
  place: ['Place', '名次'],
  prize: ['Prize', '奖品'],
  ticket: ['Ticket', '号码'],
  number: ['Number in the list', '名单编号'],
  unknownPrize: ['–', '–'],
  mineMark: ['yours', '您的'],
  previous: ['Previous', '上一页'],
  next: ['Next', '下一页'],
  shown: ['{0}–{1} of {2}', '第 {0}–{1} 位,共 {2} 位'],
  goTo: ['Go to place', '跳到名次'],

  mine: ['My ticket', '我的号码'],
  mineText: ['Enter the ticket you were given, or the receipt. It stays in this browser.', '输入您得到的号码或回执。内容只留在本浏览器中。'],
  ticketHint: ['32 characters, 0–9 and a–f', '32 个字符,0–9 和 a–f'],
  receipt: ['Receipt', '回执'],
  receiptHint: ['Paste its JSON, or the whole answer that the app gave for your ticket', '粘贴 JSON,或应用给出的整个回答'],
  receiptFile: ['or open it as a file', '或打开文件'],
  mineWon: ['Won, place {0}', '中奖,第 {0} 名'],
  mineLost: ['Was in the draw, did not win', '参与了抽取,未中奖'],
  mineListed: ['In the locked list', '在锁定的名单中'],
  mineMissing: ['Not in the list', '不在名单中'],
  mineFailed: ['Does not fit', '不相符'],
  mineUnknown: ['Could not be looked up', '无法查找'],
  seen: ['What you saw', '您看到过的'],
  seenText: [
    'Values from the time itself, from your own notes or from others who took part. Copied from this page today they prove nothing.',
    '请使用当时记下的值,或其他参与者记下的值。今天从本页复制的值不能证明任何事。',
  ],
  manifest: ['Manifest digest', '活动摘要'],
  manifestHint: ['Shown when you joined. It shows that event, prizes and times were not exchanged since.', '参与时显示。可证明活动、奖品和时间此后没有被替换。'],
  lock: ['Lock digest', '锁定摘要'],
  lockHint: ['Shown between lock and draw. It shows that the list was final before the randomness was known.', '锁定后、开奖前显示。可证明名单在随机数公布之前已确定。'],
  key: ['Operator’s key', '平台公钥'],
  keyHint: ['Published by the operator. It shows that lock record and receipt were signed by him and nobody else.', '由平台公布。可证明锁定记录和回执确由平台签名。'],
  checkAgain: ['Check with this', '用这些内容核对'],

  keep: ['What to keep', '请保存'],
  keepText: [
    'The service shows these values now. Keep the digests before the draw: they are what makes a later check worth something.',
    '服务器目前显示以下内容。请在开奖前保存这些摘要:日后的核对正是靠它们才有意义。',
  ],
  rules: ['Rules text', '规则文本'],
  rulesText: ['Exactly as served; step 2 compares it with what the event was created with.', '与服务器提供的一字不差;第 2 步将其与活动创建时的文本比较。'],
  save: ['Check it offline', '离线核对'],
  saveText: [
    'Save these files. The command “verify” rechecks them without this page, and so does this page, saved, without a network.',
    '保存以下文件。可用命令 verify 核对;将本页保存后,也可在没有网络时核对。',
  ],
  saveFile: ['Save {0}', '保存 {0}'],

  source: ['Open a draw', '打开一次抽奖'],
  address: ['Address of the event', '活动地址'],
  addressHint: ['for example https://api.example/events/… ', '例如 https://api.example/events/……'],
  addressBad: ['That is not the address of an event: it ends in /events/ and 22 characters.', '这不是活动地址:地址应以 /events/ 加 22 个字符结尾。'],
  openAddress: ['Open', '打开'],
  files: ['Or files you saved', '或打开保存的文件'],
  proofFile: ['proof.json', 'proof.json'],
  proofFileHint: ['the record of the draw', '抽奖记录'],
  ticketsFile: ['tickets.bin', 'tickets.bin'],
  ticketsFileHint: ['the whole list', '完整名单'],
  rulesFile: ['rules.txt', 'rules.txt'],
  rulesFileHint: ['the rules text', '规则文本'],
  devChain: ['Development chain’s key', '开发链公钥'],
  given: ['What was entered', '输入的内容'],

  errorNetwork: ['the service does not answer.', '服务器没有应答。'],
  errorTimeout: ['the service did not answer in time.', '服务器未及时应答。'],
  errorStatus: ['the service answered {0} ({1}).', '服务器返回 {0}({1})。'],
  errorJSON: ['the service’s answer can’t be read.', '服务器的回答无法读取。'],
  errorPage: ['a page of the list is not what was asked for.', '名单的某一页与请求不符。'],
  errorLong: ['with {0} tickets it is too long for a browser; use the command “verify”.', '共 {0} 个号码,对浏览器来说太长;请使用命令 verify。'],
  errorStopped: ['you went on without it.', '您选择不等名单。'],
  errorNotLocked: ['the list is not locked yet.', '名单尚未锁定。'],
  errorFile: ['the file can’t be read.', '文件无法读取。'],
};

let language = 'en';

/** Chooses 'en' or 'zh' for everything that say and pick return. */
export function speak(lang) { language = lang === 'zh' ? 'zh' : 'en'; }

/** Returns the language in use, 'en' or 'zh'. */
export function spoken() { return language; }

/** Returns a sentence of the table with {0}, {1} … filled in. An unknown key is a mistake of this page and throws. */
export function say(key, ...values) {
  const pair = words[key];
  if (!pair) throw new Error('no sentence for ' + key);
  return pair[language === 'zh' ? 1 : 0].replace(/\{(\d)\}/g, (_, i) => String(values[i]));
}

/** Returns the sentence of a finding or name that comes with both, {en, zh}, beginning with a capital letter. */
export function pick(text) { return text[language].charAt(0).toUpperCase() + text[language].slice(1); }

/** Returns a count with the language's separators. */
export function count(n) { return new Intl.NumberFormat(language).format(n); }

/** Joins sentences; Chinese has no space between them. Empty ones are left out. */
export function together(...sentences) { return sentences.filter(Boolean).join(language === 'zh' ? '' : ' '); }
