package message

import (
	"fmt"
	"time"

	"wxlottery/shared/lottery"
)

// Facts are what one reader is told.
type Facts struct {
	Title        string
	Result       string    // a phrase: at most 5 Chinese characters
	Prize        string    // the prize he won, or a sentence where there is none
	Time         time.Time // when the event ended
	DrawAt       time.Time // when it was to be drawn
	Participants uint64
	Winners      uint64
}

// ToParticipant is what somebody who joined an ended event is told; place is that of his prize, 0 without one.
func ToParticipant(e *lottery.Event, place int) Facts {
	f := about(e)
	prize, won := e.PrizeAt(place)
	switch {
	case e.Status == lottery.Canceled && e.Reason == lottery.ReasonVoid:
		f.Result, f.Prize = "已作废", "无法产生可核验的结果,无人中奖"
	case e.Status == lottery.Canceled:
		f.Result, f.Prize = "已取消", "组织者已取消,无人中奖"
	case won:
		f.Result, f.Prize = "已中奖", prize.Name
	default:
		f.Result, f.Prize = "未中奖", "谢谢参与"
	}
	return f
}

// ToOrganiser is what the organiser of an ended event is told.
func ToOrganiser(e *lottery.Event) Facts {
	f := about(e)
	switch {
	case e.Reason == lottery.ReasonVoid:
		f.Result, f.Prize = "已作废", "无法产生可核验的结果,无人中奖"
	case e.Reason == lottery.ReasonHeld:
		f.Result, f.Prize = "未过审核", "内容未通过审核,活动已取消"
	case e.Status == lottery.Canceled:
		f.Result, f.Prize = "已取消", "活动已取消"
	case f.Participants == 0:
		f.Result, f.Prize = "无人参与", "无人参与,奖品未开出"
	case e.Late():
		f.Result, f.Prize = "延迟开奖", winners(f)
	default:
		f.Result, f.Prize = "已开奖", winners(f)
	}
	return f
}

func winners(f Facts) string {
	return fmt.Sprintf("%d人参与,%d人中奖", f.Participants, f.Winners)
}

func about(e *lottery.Event) Facts {
	f := Facts{Title: e.Title, Time: e.CanceledAt, DrawAt: e.DrawAt}
	if e.Record != nil {
		f.Participants = e.Record.Count
	}
	if e.Result != nil {
		f.Time, f.Winners = e.Result.DrawnAt, min(f.Participants, uint64(e.Quantity()))
	}
	return f
}
