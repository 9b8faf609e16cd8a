package main

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"wxlottery/internal/testdb"
)

// invoke runs the function on the database that DB_DSN names.
func invoke(t *testing.T, event string) string {
	t.Helper()
	answer, err := run(t.Context(), []byte(event))
	if err != nil {
		t.Fatalf("%s: %v", event, err)
	}
	text, err := json.Marshal(answer)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestUpAppliesOnceAndStatusTells(t *testing.T) {
	t.Setenv("DB_DSN", testdb.Empty(t))
	for _, c := range []struct{ event, want string }{
		{`{"command":"status"}`, `^{"migrations":\[{"name":"00001_lottery","applied_at":null}.*\],"warnings":\[.*\]}$`},
		{`{"command":"up"}`, `^{"applied":\["00001_lottery".*\],"warnings":\[.*\]}$`},
		{` {"command" : "up"} `, `^{"applied":\[\],"warnings":\[.*\]}$`},
		{`{"command":"status"}`, `^{"migrations":\[{"name":"00001_lottery","applied_at":"20[0-9T:-]*Z"}.*\],"warnings":\[.*\]}$`},
	} {
		if got := invoke(t, c.event); !regexp.MustCompile(c.want).MatchString(got) {
			t.Errorf("%s: %s", c.event, got)
		}
	}
}

func TestInvocationsAtOnceMigrateOnce(t *testing.T) {
	testdb.MySQL(t)
	t.Setenv("DB_DSN", testdb.Empty(t))
	var mu sync.Mutex
	var wg sync.WaitGroup
	n := 0
	for range 4 {
		wg.Go(func() {
			answer := invoke(t, `{"command":"up"}`)
			mu.Lock()
			defer mu.Unlock()
			n += strings.Count(answer, `"00001_lottery"`)
		})
	}
	wg.Wait()
	if n != 1 {
		t.Errorf("applied %d times", n)
	}
}

// A strange event must not reach the database: there is none in this test, which another error would tell.
func TestAStrangeEventIsRefused(t *testing.T) {
	t.Setenv("DB_DSN", "")
	for _, event := range []string{
		``, `null`, `{}`, `[]`, `"up"`, `up`, `{"command":"down"}`, `{"command":""}`, `{"command":["up"]}`, `{"command":"up"`,
		`{"command":"up","force":true}`, `{"command":"up"}{"command":"up"}`, `{"command":"up"} x`, `{"commands":"up"}`,
		`{"key1":"hunter2"}`, `{"version":"2.0","rawPath":"/migrate"}`,
	} {
		_, err := run(t.Context(), []byte(event))
		if err == nil || err.Error() != errEvent.Error() {
			t.Errorf("%s: %v", event, err)
		}
	}
}

func TestAnErrorHasNothingOfTheDSN(t *testing.T) {
	for _, dsn := range []string{"", "bob:hunter2 is no DSN", "bob:hunter2@tcp(127.0.0.1:1)/lottery", "bob:hunter2@tcp(127.0.0.1:1)/lottery?tls=hunter2"} {
		t.Setenv("DB_DSN", dsn)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		_, err := run(ctx, []byte(`{"command":"status"}`))
		cancel()
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%.3s…: %v", dsn, err)
		}
	}
}

func TestTheContextEndsAMigration(t *testing.T) {
	t.Setenv("DB_DSN", testdb.Empty(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if answer, err := run(ctx, []byte(`{"command":"up"}`)); err == nil || answer != nil {
		t.Errorf("%v, %v", answer, err)
	}
}

func TestTheOptionsOfTheConnectionCount(t *testing.T) {
	t.Setenv("DB_DSN", "user:hunter2@tcp(127.0.0.1:1)/x?tls=true")
	t.Setenv("DB_TLS_CA", "hunter2")
	if _, err := run(t.Context(), []byte(`{"command":"up"}`)); err == nil || !strings.Contains(err.Error(), "DB_TLS_CA") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("an authority that is none: %v", err)
	}
}
