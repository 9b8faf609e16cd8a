package cloud_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"wxlottery/shared/api"
	"wxlottery/shared/cloud"
	"wxlottery/shared/fault"
	"wxlottery/shared/lottery"
	"wxlottery/shared/session"
)

// everybody lets any token in.
type everybody struct{}

func (everybody) Check(context.Context, string) (session.Identity, error) {
	return session.Identity{UserID: lottery.UserID{1}.String(), OpenID: "openid"}, nil
}

// Some ways keep two headers of a name apart and others join them: what a handler takes for one value must not depend on it.
func TestAHeaderThatIsToComeOnceIsReadAlikeOnEveryWay(t *testing.T) {
	t.Parallel()
	single := func(name string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			value, ok := api.Single(r, name)
			cloud.WriteJSON(w, http.StatusOK, fmt.Sprintf("%q %v", value, ok))
		})
	}
	user := api.User(everybody{}, func(_ context.Context, c api.Caller, _ *http.Request, _ api.None) (api.Answer, error) {
		return api.OK(c.Token), nil
	})
	visitor := api.Visitor(everybody{}, func(_ context.Context, c *api.Caller, _ *http.Request) (api.Answer, error) {
		if c == nil {
			return api.Answer{}, fault.New(fault.NotFound, "nobody", "nobody")
		}
		return api.OK(c.Token), nil
	})
	for _, tt := range []struct {
		h      http.Handler
		name   string
		values []string
		want   string
	}{
		{single("Idempotency-Key"), "Idempotency-Key", nil, `"\"\" false"`},
		{single("Idempotency-Key"), "Idempotency-Key", []string{"a"}, `"\"a\" true"`},
		{single("Idempotency-Key"), "idempotency-key", []string{"a", "b"}, `"\"\" false"`},
		{single("Idempotency-Key"), "Idempotency-Key", []string{"a", "a"}, `"\"\" false"`},
		{single("Idempotency-Key"), "Idempotency-Key", []string{"a,b"}, `"\"\" false"`},
		{user, "Authorization", []string{"Bearer a"}, `"a"`},
		{user, "authorization", []string{"Bearer a", "Bearer b"}, `"login_required"`},
		{user, "Authorization", []string{"Bearer a", "Bearer a"}, `"login_required"`},
		{user, "Authorization", []string{"Bearer a", ""}, `"login_required"`},
		{user, "Authorization", []string{"", "Bearer a"}, `"login_required"`},
		{user, "Authorization", []string{"Bearer a,b"}, `"login_required"`},
		{user, "Authorization", []string{"Bearer a", "Basic b"}, `"login_required"`},
		{visitor, "Authorization", nil, `"nobody"`},
		{visitor, "Authorization", []string{"Bearer a"}, `"a"`},
		{visitor, "Authorization", []string{"Bearer a", "Bearer b"}, `"login_required"`},
	} {
		var header [][2]string
		for _, value := range tt.values {
			header = append(header, [2]string{tt.name, value})
		}
		for way, body := range cloud.OnEveryWay(t, tt.h, header...) {
			if !strings.Contains(body, tt.want) {
				t.Errorf("%s, %s of %q: %s, want %s", way, tt.name, tt.values, body, tt.want)
			}
		}
	}
}
