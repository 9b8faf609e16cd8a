package setup

import (
	"strings"
	"testing"

	"wxlottery/shared/config"
)

func TestEachTemplateIsItsReaders(t *testing.T) {
	t.Parallel()
	const toParticipant, toOrganiser = "aBc_1-2 thing1=title,phrase2=result", "dEf_3-4 number3=winners"
	for _, c := range []struct {
		config                 config.Messages
		participant, organiser string // their ids
	}{
		{config.Messages{}, "", ""},
		{config.Messages{Participant: " ", Organiser: "\n"}, "", ""},
		{config.Messages{Participant: toParticipant}, "aBc_1-2", ""},
		{config.Messages{Organiser: toOrganiser}, "", "dEf_3-4"},
		{config.Messages{Participant: toParticipant, Organiser: toOrganiser}, "aBc_1-2", "dEf_3-4"},
		{config.Messages{Participant: toParticipant, Organiser: toParticipant}, "aBc_1-2", "aBc_1-2"},
	} {
		participant, organiser, err := Messages(c.config)
		if err != nil || participant.ID != c.participant || organiser.ID != c.organiser {
			t.Errorf("%+v: %q, %q, %v", c.config, participant.ID, organiser.ID, err)
		}
		if participant.IsZero() != (c.participant == "") || organiser.IsZero() != (c.organiser == "") {
			t.Errorf("%+v: %v, %v", c.config, participant, organiser)
		}
	}
}

func TestABadTemplateIsNamedByItsVariableWithoutItsID(t *testing.T) {
	t.Parallel()
	const good = "hunter2-good thing1=title"
	for bad, says := range map[string]string{
		"hunter2":                              "a template is an id",
		"hunter.2 thing1=title":                "a template is an id",
		"hunter2 amount1=title":                `"amount1" is no field`,
		"hunter2 thing1=title,":                `"" is no field`,
		"hunter2 phrase1=title":                `phrase1 cannot be "title"; it takes result`,
		"hunter2 thing1=title,thing1=prize":    "thing1 is there twice",
		"hunter2 thing1=title,time1=title":     `time1 cannot be "title"`,
		"hunter2 thing1=title thing2=prize":    "thing1 cannot be",
		"hunter2 thing1={{thing1.DATA}}":       "thing1 cannot be",
		"hunter2\tthing1=title,phrase2=result": "a template is an id",
	} {
		for _, c := range []struct {
			config   config.Messages
			variable string
		}{
			{config.Messages{Participant: bad}, "NOTIFY_TEMPLATE"},
			{config.Messages{Participant: bad, Organiser: good}, "NOTIFY_TEMPLATE"},
			{config.Messages{Organiser: bad}, "NOTIFY_ORGANISER_TEMPLATE"},
			{config.Messages{Participant: good, Organiser: bad}, "NOTIFY_ORGANISER_TEMPLATE"},
			{config.Messages{Participant: bad, Organiser: bad}, "NOTIFY_TEMPLATE"},
		} {
			_, _, err := Messages(c.config)
			if err == nil || !strings.HasPrefix(err.Error(), "setup: "+c.variable+": message: ") || !strings.Contains(err.Error(), says) {
				t.Errorf("%+v: %v, want %s and %s", c.config, err, c.variable, says)
				continue
			}
			if strings.Contains(err.Error(), "hunter") {
				t.Errorf("the id is in %v", err)
			}
		}
	}
}
