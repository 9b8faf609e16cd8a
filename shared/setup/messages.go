package setup

import (
	"fmt"

	"wxlottery/shared/config"
	"wxlottery/shared/message"
)

// Messages reads the configured templates of messages; a zero one is not configured.
func Messages(m config.Messages) (participant, organiser message.Template, err error) {
	if participant, err = message.Parse(m.Participant); err != nil {
		return participant, organiser, fmt.Errorf("setup: NOTIFY_TEMPLATE: %w", err)
	}
	if organiser, err = message.Parse(m.Organiser); err != nil {
		return participant, organiser, fmt.Errorf("setup: NOTIFY_ORGANISER_TEMPLATE: %w", err)
	}
	return participant, organiser, nil
}
