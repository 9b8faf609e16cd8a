package vdraw

import "fmt"

// Text is a sentence in English and in Chinese.
type Text struct {
	En string `json:"en"`
	Zh string `json:"zh"`
}

// Finding is what a step found, in plain words.
type Finding struct {
	Code string `json:"code"` // stable: what a program asks for
	Text
}

// found makes the finding of a code; args are what its sentences mention.
func found(code string, args ...any) Finding {
	t, ok := sentences[code]
	if !ok {
		panic("vdraw: no sentence for " + code)
	}
	if len(args) > 0 {
		t = Text{fmt.Sprintf(t.En, args...), fmt.Sprintf(t.Zh, args...)}
	}
	return Finding{code, t}
}

var stepNames = []Text{
	{"Format", "格式"},
	{"What was promised", "活动创建时的承诺"},
	{"The secret", "密钥"},
	{"Which randomness", "使用哪一轮公共随机数"},
	{"The randomness itself", "随机数本身"},
	{"The locked list", "锁定的名单"},
	{"The seed", "种子"},
	{"The draw", "抽取过程"},
	{"The winners' tickets", "中奖号码"},
	{"My ticket", "我的号码"},
}

var sentences = map[string]Text{
	"format.ok":     {"The proof is complete and well formed.", "证明完整,格式正确。"},
	"format.failed": {"This is not a proof that can be checked: %s.", "这不是一份可以核对的证明:%s。"},
	"format.first":  {"The proof can't be read.", "证明无法读取。"},
	"not_drawn":     {"The draw has not taken place yet.", "尚未开奖。"},

	"promise.fields":   {"The event's data do not give its digest: something was changed.", "活动数据与其摘要不符:有内容被改动。"},
	"promise.manifest": {"This is not the event that was announced: its digest differs from the one you gave.", "这不是当初公布的活动:摘要与您提供的不同。"},
	"promise.receipt":  {"Your receipt is for another event than this one.", "您的回执属于另一个活动。"},
	"promise.rules":    {"The rules text is not the one the event was created with.", "规则文本不是活动创建时的文本。"},
	"promise.consistent": {
		"The event's data give its digest. Whether that is what was shown when people joined is not known.",
		"活动数据与其摘要相符;但不知道它是否就是参与时所显示的摘要。",
	},
	"promise.ok":          {"Prizes, times and number of winners are those that were announced.", "奖品、时间和中奖人数与当初公布的一致。"},
	"promise.no_rules":    {"The rules text: it was not given.", "规则文本:未提供。"},
	"promise.no_manifest": {"Whether the event is the one that was announced: no digest from the time of joining was given.", "活动是否与当初公布的一致:未提供参与时看到的摘要。"},

	"secret.hidden": {"The operator's secret is not public yet.", "主办平台的密钥尚未公开。"},
	"secret.failed": {"The secret is not the one the operator had committed to.", "密钥不是平台事先承诺的那个。"},
	"secret.ok":     {"The secret is the one the operator committed to when the event was created.", "密钥正是平台在活动创建时承诺的那个。"},

	"rounds.trusted": {"This event uses no public randomness: the operator has to be trusted.", "本活动不使用公共随机数:须信任平台。"},
	"rounds.chain": {
		"The randomness is not that of the public source (drand quicknet), nor of one you allowed.",
		"随机数不是来自公共来源(drand quicknet),也不是来自您允许的来源。",
	},
	"rounds.round":       {"The event names round %d; the first one at or after its draw time is %d.", "活动指定第 %d 轮;开奖时间起的第一轮应为第 %d 轮。"},
	"rounds.late_round":  {"The late round %d is not after the round %d that was announced.", "延迟使用的第 %d 轮并不晚于原定的第 %d 轮。"},
	"rounds.late":        {"The list was locked late, so round %d decides instead of %d.", "名单锁定得晚,因此由第 %d 轮代替第 %d 轮决定结果。"},
	"rounds.development": {"The randomness is of a development chain that you allowed; whoever runs it could have chosen the result.", "随机数来自您允许的开发链;运行它的人可以选择结果。"},
	"rounds.ok":          {"Round %d of the public randomness was fixed when the event was created.", "公共随机数的第 %d 轮在活动创建时就已确定。"},

	"signature.trusted": {"There is no public randomness in this mode; the operator has to be trusted.", "此模式没有公共随机数;须信任平台。"},
	"signature.round":   {"The randomness is of round %d; round %d decides.", "所用随机数属于第 %d 轮;应由第 %d 轮决定。"},
	"signature.chain":   {"The source of the randomness is unknown, so its signature can't be checked.", "随机数来源未知,无法核对其签名。"},
	"signature.failed":  {"The randomness does not carry the public source's signature for round %d: it is forged.", "随机数没有公共来源对第 %d 轮的有效签名:是伪造的。"},
	"signature.ok":      {"The randomness is genuine: it carries the public source's signature for round %d.", "随机数是真实的:带有公共来源对第 %d 轮的签名。"},

	"lock.fields":    {"The lock record's digest does not follow from the list's length and root.", "锁定记录的摘要与名单的人数和根不符。"},
	"lock.digest":    {"The list is not the one that was locked: its digest differs from the one you saw before the draw.", "名单不是锁定时的名单:摘要与您开奖前看到的不同。"},
	"lock.signature": {"The lock record is not signed by the operator.", "锁定记录没有平台的有效签名。"},
	"lock.no_key":    {"The operator's signature of the lock record: his key was not given.", "平台对锁定记录的签名:未提供平台公钥。"},
	"lock.no_signature": {
		"The operator's signature of the lock record: the proof has none.", "平台对锁定记录的签名:证明中没有。",
	},
	"lock.late":       {"late: order of lock and round rests on the operator", "延迟:锁定与随机数的先后顺序取决于平台的说法"},
	"lock.time":       {"time of lock not proven: no lock digest from before the draw was given", "锁定时间未经证明:未提供开奖前看到的锁定摘要"},
	"lock.consistent": {"The lock record fits a list of %d. time of lock not proven", "锁定记录与 %d 人的名单相符。锁定时间未经证明"},
	"lock.ok":         {"The list of %d is the one that was locked before the draw.", "这份 %d 人的名单就是开奖前锁定的名单。"},

	"seed.failed": {"The seed does not follow from list, secret and randomness.", "种子不是由名单、密钥和随机数得出的。"},
	"seed.ok":     {"The seed follows from list, secret and randomness.", "种子由名单、密钥和随机数得出。"},

	"draw.failed": {"Winner %d is number %d of the list; the draw gives number %d.", "第 %d 位中奖者是名单第 %d 号;按规则应为第 %d 号。"},
	"draw.ok":     {"The draw, run again, gives the same %d winners in the same order.", "重新抽取,得到同样的 %d 位中奖者,顺序相同。"},

	"list.path":    {"The ticket of winner %d is not in the locked list at that place.", "第 %d 位中奖者的号码不在锁定名单的该位置。"},
	"list.length":  {"The list that was given has %d bytes; the locked one has %d tickets of 16 bytes.", "所提供的名单有 %d 字节;锁定的名单有 %d 个号码,每个 16 字节。"},
	"list.order":   {"The list that was given is not in ascending order, or has a ticket twice.", "所提供的名单没有按升序排列,或有重复号码。"},
	"list.root":    {"The list that was given is not the one that was locked.", "所提供的名单不是锁定的名单。"},
	"list.winner":  {"The ticket of winner %d is not the one that stands at that place of the list.", "第 %d 位中奖者的号码与名单该位置的号码不同。"},
	"list.paths":   {"The tickets of all %d winners are in the locked list.", "全部 %d 位中奖者的号码都在锁定的名单中。"},
	"list.unseen":  {"The list as a whole: it was not given.", "完整名单:未提供。"},
	"list.missing": {"The list was not given.", "未提供名单。"},
	"list.needed":  {"With %d winners the whole list is needed, and it was not given.", "有 %d 位中奖者时需要完整名单,但未提供。"},
	"list.ok":      {"The list of %d tickets is the locked one, and the winners' tickets are in it.", "这份 %d 个号码的名单就是锁定的名单,中奖号码都在其中。"},

	"mine.none":       {"No ticket was given to look up.", "未提供要查找的号码。"},
	"mine.two":        {"The ticket that was given is not the one on the receipt.", "所提供的号码与回执上的不同。"},
	"mine.joined_at":  {"The receipt says that you joined after the lock.", "回执上的参与时间晚于锁定时间。"},
	"mine.no_key":     {"The operator's signature of the receipt: his key was not given.", "平台对回执的签名:未提供平台公钥。"},
	"mine.key":        {"The receipt names another operator's key than the one you gave.", "回执上的平台公钥与您提供的不同。"},
	"mine.signature":  {"The receipt is not signed by the operator.", "回执没有平台的有效签名。"},
	"mine.missing":    {"Your ticket is not in the list, although it should be unless you left again.", "名单中没有您的号码;除非您已退出,否则应当有。"},
	"mine.path":       {"The path does not show that your ticket is in the locked list.", "路径不能证明您的号码在锁定的名单中。"},
	"mine.other_list": {"The list that was given is not the locked one, so your ticket can't be looked up in it.", "所提供的名单不是锁定的名单,无法在其中查找您的号码。"},
	"mine.no_list":    {"Neither the list nor a path was given to find your ticket by.", "未提供名单或路径,无法查找您的号码。"},
	"mine.won":        {"Your ticket is number %d of the list, and it won place %d.", "您的号码是名单第 %d 号,获得第 %d 名。"},
	"mine.listed":     {"Your ticket is number %d of the list.", "您的号码是名单第 %d 号。"},
	"mine.lost":       {"Your ticket is number %d of the list; it was in the draw and did not win.", "您的号码是名单第 %d 号;参与了抽取,未中奖。"},
}
