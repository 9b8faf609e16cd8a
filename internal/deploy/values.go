package deploy

import "maps"

// expressions say what the files of one kind set each variable to; "migrate.X" is X of migrate alone.
type expressions map[string]any

// everywhere is what no one who deploys chooses.
var everywhere = expressions{"TICK_PERIOD": "60s", "WECHAT_BASE_URL": "https://api.weixin.qq.com"}

// samValues are those of template.yaml.
var samValues = everywhere.and(expressions{
	"DB_DSN_SECRET_ARN":         deployed(ref("DbDsnSecretArn")),
	"migrate.DB_DSN_SECRET_ARN": deployed(map[string]any{"Fn::If": []any{"HasMigrateDsn", ref("MigrateDsnSecretArn"), ref("DbDsnSecretArn")}}),
	"DB_DSN":                    localOnly(),
	"DB_SET_SESSION":            ref("DbSetSession"),
	"DB_MULTI_PRIMARY":          ref("DbMultiPrimary"),
	"DB_TLS_CA":                 ref("DbTlsCa"),
	"REDIS_ADDR":                ref("RedisAddress"),
	"REDIS_USERNAME":            ref("RedisUsername"),
	"REDIS_PASSWORD_SECRET_ARN": map[string]any{"Fn::If": []any{"HasRedisPassword", ref("RedisPasswordSecretArn"), ref("AWS::NoValue")}},
	"REDIS_PASSWORD":            localOnly(),
	"REDIS_TLS":                 ref("RedisTls"),
	"WECHAT_APPID":              ref("WeChatAppId"),
	"WECHAT_SECRET_SECRET_ARN":  deployed(ref("WeChatSecretSecretArn")),
	"WECHAT_SECRET":             localOnly(),
	"WECHAT_PAGE":               ref("WeChatPage"),
	"WECHAT_ENV_VERSION":        ref("WeChatEnvVersion"),
	"NOTIFY_TEMPLATE":           ref("NotifyTemplate"),
	"NOTIFY_ORGANISER_TEMPLATE": ref("NotifyOrganiserTemplate"),
	"NOTIFY_CONCURRENCY":        ref("NotifyConcurrency"),
	"NOTIFY_RATE":               ref("NotifyRate"),
	"MASTER_KEYS_SECRET_ARN":    deployed(ref("MasterKeysSecretArn")),
	"MASTER_KEYS":               localOnly(),
	"MASTER_KEY_CURRENT":        ref("MasterKeyCurrent"),
	"LOCK_LEAD":                 ref("LockLead"),
	"MIN_LEAD":                  ref("MinLead"),
	"BEACON":                    ref("Beacon"),
	"BEACON_RELAYS":             ref("BeaconRelays"),
	"TICK_HORIZON":              ref("TickHorizon"),
})

// frameworkValues are those of serverless.aws.yml, with references inside the file followed.
var frameworkValues = everywhere.and(
	fromEnvironment("DB_DSN_SECRET_ARN", "REDIS_ADDR", "REDIS_PASSWORD_SECRET_ARN", "WECHAT_APPID", "WECHAT_SECRET_SECRET_ARN", "MASTER_KEYS_SECRET_ARN"),
).and(expressions{
	"migrate.DB_DSN_SECRET_ARN": "${env:MIGRATE_DSN_SECRET_ARN, env:DB_DSN_SECRET_ARN}",
	"DB_SET_SESSION":            "${env:DB_SET_SESSION, 'false'}",
	"DB_MULTI_PRIMARY":          "${env:DB_MULTI_PRIMARY, 'false'}",
	"DB_TLS_CA":                 "${env:DB_TLS_CA, ''}",
	"REDIS_USERNAME":            "${env:REDIS_USERNAME, ''}",
	"REDIS_TLS":                 "${env:REDIS_TLS, 'true'}",
	"WECHAT_PAGE":               "${env:WECHAT_PAGE, 'pages/event/event'}",
	"WECHAT_ENV_VERSION":        "${env:WECHAT_ENV_VERSION, 'release'}",
	"NOTIFY_TEMPLATE":           "${env:NOTIFY_TEMPLATE, ''}",
	"NOTIFY_ORGANISER_TEMPLATE": "${env:NOTIFY_ORGANISER_TEMPLATE, ''}",
	"NOTIFY_CONCURRENCY":        "${env:NOTIFY_CONCURRENCY, '20'}",
	"NOTIFY_RATE":               "${env:NOTIFY_RATE, '100'}",
	"MASTER_KEY_CURRENT":        "${env:MASTER_KEY_CURRENT, '0'}",
	"LOCK_LEAD":                 "${env:LOCK_LEAD, '60s'}",
	"MIN_LEAD":                  "${env:MIN_LEAD, '2m'}",
	"BEACON":                    "${env:BEACON, 'drand'}",
	"BEACON_RELAYS":             "${env:BEACON_RELAYS, ''}",
	"TICK_HORIZON":              "${env:TICK_HORIZON, '240s'}",
})

// tencentValues are those of functions/*/serverless.yml.
var tencentValues = everywhere.and(fromEnvironment("DB_DSN", "DB_SET_SESSION", "DB_MULTI_PRIMARY", "DB_TLS_CA", "REDIS_ADDR", "REDIS_USERNAME", "REDIS_PASSWORD",
	"REDIS_TLS", "WECHAT_APPID", "WECHAT_SECRET", "WECHAT_PAGE", "WECHAT_ENV_VERSION", "NOTIFY_TEMPLATE", "NOTIFY_ORGANISER_TEMPLATE",
	"NOTIFY_CONCURRENCY", "NOTIFY_RATE", "MASTER_KEYS", "MASTER_KEY_CURRENT", "LOCK_LEAD", "MIN_LEAD", "BEACON", "BEACON_RELAYS",
	"TICK_HORIZON"))

func (e expressions) and(more expressions) expressions {
	all := maps.Clone(e)
	maps.Copy(all, more)
	return all
}

// fromEnvironment are variables that come from those of the same name of the one who deploys.
func fromEnvironment(names ...string) expressions {
	all := expressions{}
	for _, name := range names {
		all[name] = "${env:" + name + "}"
	}
	return all
}

// localOnly is an empty text for sam local, and nothing in a deployment.
func localOnly() map[string]any {
	return map[string]any{"Fn::If": []any{"IsLocal", "", ref("AWS::NoValue")}}
}

// deployed is nothing for sam local.
func deployed(v any) map[string]any {
	return map[string]any{"Fn::If": []any{"IsLocal", ref("AWS::NoValue"), v}}
}

// check finds variables that are set to something else. What they are set to is not told, since it may be a secret.
func (e expressions) check(l *faultList, f Function) {
	for _, name := range sortedKeys(f.Variables) {
		want, known := e[f.Name+"."+name]
		if !known {
			want, known = e[name]
		}
		l.unless(known, "%s: nothing says what %s is to be", f.Name, name)
		l.unless(!known || same(f.Variables[name], want), "%s: %s is not %s", f.Name, name, show(want))
	}
}
