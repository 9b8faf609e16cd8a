package wechat

import "context"

// Message is a subscribe message: one answer to one tap of the user's on "notify me".
type Message struct {
	OpenID   string            // the receiver
	Template string            // its id
	Page     string            // path in the mini program, with its query; may be empty
	Data     map[string]string // by field, e.g. thing1
	State    string            // the mini program that Page opens in: formal, trial or developer; empty: formal
}

// Send sends a message once. WeChat's answer to it has a message id beyond what a JSON number can hold exactly; nothing
// needs it, and it is not decoded. FateOf tells what an error means.
func (c *Client) Send(ctx context.Context, m Message) error {
	var out struct {
		Code *number `json:"errcode"`
	}
	err := c.authed(ctx, call{api: "subscribe_send", path: "/cgi-bin/message/subscribe/send", body: m.body()}, &out)
	if err == nil && out.Code == nil {
		return incomplete("subscribe_send", "errcode") // 0 is what says that it was sent
	}
	return err
}

func (m Message) body() []byte {
	type value struct {
		Value string `json:"value"`
	}
	data := make(map[string]value, len(m.Data))
	for field, text := range m.Data {
		data[field] = value{text}
	}
	if m.State == "" {
		m.State = "formal"
	}
	return encode(struct {
		ToUser   string           `json:"touser"`
		Template string           `json:"template_id"`
		Page     string           `json:"page,omitempty"`
		Data     map[string]value `json:"data"`
		State    string           `json:"miniprogram_state"`
		Lang     string           `json:"lang"`
	}{m.OpenID, m.Template, m.Page, data, m.State, "zh_CN"})
}
