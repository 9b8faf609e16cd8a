package setup

import (
	"strings"
	"testing"

	"wxlottery/shared/config"
	"wxlottery/shared/secret"
	"wxlottery/shared/store"
)

func TestEveryOptionOfTheDatabaseIsPassedOn(t *testing.T) {
	t.Parallel()
	d := config.Database{DSN: secret.New("user:hunter2@tcp(127.0.0.1:1)/x?tls=true"), SetSession: true, MultiPrimary: true, CA: "hunter2"}
	if got := Options(d); got != (store.Options{SetSession: true, MultiPrimary: true, CA: "hunter2"}) {
		t.Errorf("%+v", got)
	}
	if _, err := Store(d, 0); err == nil || !strings.Contains(err.Error(), "DB_TLS_CA") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("an authority that is none: %v", err)
	}
}
