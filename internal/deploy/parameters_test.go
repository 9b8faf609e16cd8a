package deploy

import (
	"strings"
	"testing"

	"wxlottery/shared/config"
	"wxlottery/shared/message"
)

// What a function would refuse at its start is refused at deployment already, and nothing else is.
func TestParametersTakeWhatTheFunctionsTake(t *testing.T) {
	t.Parallel()
	type program struct {
		Platform config.Platform
		Delivery config.Delivery
	}
	for name, variable := range map[string]string{
		"WeChatPage": "WECHAT_PAGE", "WeChatEnvVersion": "WECHAT_ENV_VERSION", "NotifyConcurrency": "NOTIFY_CONCURRENCY", "NotifyRate": "NOTIFY_RATE",
	} {
		for value, allowed := range bounds[name] {
			if _, err := config.Load[program]([]string{variable + "=" + value}); (err == nil) != allowed {
				t.Errorf("%s=%s is allowed: %v, but the function says %v", variable, value, allowed, err)
			}
		}
	}
}

// Functions forgive stray blanks in a template, and parameters don't.
func TestTemplateParametersTakeWhatTheFunctionsTake(t *testing.T) {
	t.Parallel()
	for text, allowed := range templates {
		if strings.Contains(text, "  ") || strings.Contains(text, ", ") {
			continue
		}
		if _, err := message.Parse(text); (err == nil) != allowed {
			t.Errorf("%q is allowed: %v, but the functions say %v", text, allowed, err)
		}
	}
}
