package main

import "wxlottery/shared/vdraw"

var outcomes = map[vdraw.Outcome]vdraw.Text{
	vdraw.OK:         {En: "ok", Zh: "通过"},
	vdraw.Failed:     {En: "failed", Zh: "不符"},
	vdraw.NotChecked: {En: "not checked", Zh: "未核对"},
}

// remedies are the flags with which something can be checked that was not.
var remedies = map[string]string{
	"promise.no_rules":    "-rules",
	"promise.no_manifest": "-manifest",
	"lock.no_key":         "-key",
	"lock.time":           "-lock",
	"list.unseen":         "-tickets",
	"list.missing":        "-tickets",
	"list.needed":         "-tickets",
	"mine.none":           "-receipt",
	"mine.no_key":         "-key",
	"mine.no_list":        "-tickets",
}

var (
	headingOpen = vdraw.Text{En: "\nNot checked:", Zh: "\n未核对的内容:"}
	ofSteps     = vdraw.Text{En: "step %s: ", Zh: "第 %s 步:"}
	comma       = vdraw.Text{En: ", ", Zh: "、"}
	semicolon   = vdraw.Text{En: "; ", Zh: ";"}
	remedy      = vdraw.Text{En: " (give %s)", Zh: "(可用 %s 提供)"}
	keyIsServed = vdraw.Text{
		En: "\nThe service names the operator's key %s.\n" +
			"That is its own word: a key counts when it comes from elsewhere; then give -key.",
		Zh: "\n平台显示的公钥为 %s。\n这只是它自己的说法:公钥须来自别处才算数,届时请用 -key 提供。",
	}

	otherEvent = vdraw.Text{
		En: "The proof is of another event than the one that the address names.",
		Zh: "证明属于另一个活动,而不是该网址所指的活动。",
	}
	otherDigest = vdraw.Text{
		En: "The service shows another digest for this event than its proof has.",
		Zh: "平台显示的活动摘要与证明中的不同。",
	}
	otherKey = vdraw.Text{
		En: "The lock record is not signed with the key that the service shows.",
		Zh: "锁定记录不是用平台所显示的公钥签名的。",
	}

	spoiltReceipt = vdraw.Text{
		En: "The receipt is not as the operator writes them: something in it was changed or is missing.",
		Zh: "回执的格式与平台开具的不同:其中有内容被改动或缺失。",
	}

	closingFailed = vdraw.Text{
		En: "FAILED: %s. The draw does not pass this check.",
		Zh: "不符:%s。这次抽奖未通过核对。",
	}
	closingBut = vdraw.Text{En: "Nothing failed, but: %s.", Zh: "没有不符之处,但是:%s。"}
	closingAll = vdraw.Text{En: "Nothing failed, and all that can be checked from here was checked.", Zh: "没有不符之处,凡可在此核对的内容均已核对。"}
	failedStep = vdraw.Text{En: "step %d, %s", Zh: "第 %d 步,%s"}

	notDrawn  = vdraw.Text{En: "not drawn yet", Zh: "尚未开奖"}
	rehearsal = vdraw.Text{
		En: "the randomness is of a development chain, so this draw proves nothing",
		Zh: "随机数来自开发链,因此这次抽奖不能证明什么",
	}
	trusted = vdraw.Text{
		En: "there is no public randomness, so the operator has to be trusted",
		Zh: "没有公共随机数,须信任平台",
	}
	late = vdraw.Text{
		En: "the draw was late: that the list was locked before its randomness came out rests on the operator's word",
		Zh: "抽奖有延迟:名单先于随机数锁定,只有平台的说法为凭",
	}
	timeNotProven = vdraw.Text{En: "time of lock not proven", Zh: "锁定时间未经证明"}
	notEverything = vdraw.Text{En: "not everything was checked, see above", Zh: "并非全部内容都已核对,见上"}
)
