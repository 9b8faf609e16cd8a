package deploy

const (
	joinFile  = "functions/join/serverless.yml"
	drawFile  = "functions/draw/serverless.yml"
	loginFile = "functions/login/serverless.yml"
)

// valueMistakes are variables and parameters that are there and have a wrong value.
var valueMistakes = []change{
	{samFile, "LOCK_LEAD: !Ref LockLead\n          MIN_LEAD: !Ref MinLead", "LOCK_LEAD: !Ref MinLead\n          MIN_LEAD: !Ref LockLead", `events: LOCK_LEAD is not {"Ref":"LockLead"}`},
	{samFile, "LOCK_LEAD: !Ref LockLead\n          MIN_LEAD: !Ref MinLead", "LOCK_LEAD: !Ref MinLead\n          MIN_LEAD: !Ref LockLead", "events would not start: config: MIN_LEAD is less than LOCK_LEAD plus TICK_PERIOD"},
	{samFile, "REDIS_USERNAME: !Ref RedisUsername", "REDIS_USERNAME: !Ref RedisAddress", `login: REDIS_USERNAME is not {"Ref":"RedisUsername"}`},
	{samFile, "BEACON: !Ref Beacon\n", "BEACON: public\n", "events would not start: config: BEACON is neither drand nor none"},
	{samFile, "BEACON: !Ref Beacon\n", "BEACON: !Ref Beacon\n          BEACON_DEV_KEY: ''\n", "events: variable BEACON_DEV_KEY is too much"},
	{samFile, "Default: 60s", "Default: 10s", "join would not start: config: LOCK_LEAD is less than 36s"},
	{samFile, "TICK_PERIOD: 60s", "TICK_PERIOD: 10m", `events: TICK_PERIOD is not "60s"`},
	{samFile, "TICK_PERIOD: 60s", "TICK_PERIOD: 10m", "events would not start: config: MIN_LEAD is less than"},
	{samFile, "Default: 2m", "Default: 90s", "join would not start: config: MIN_LEAD is less than"},
	{samFile, "Default: 240s", "Default: 30s", "the default of TickHorizon is not allowed"},
	{samFile, "((9[0-9]|[1-9][0-9]{2,})s|", "([0-9]+s|", `"30s" as TickHorizon: allowed is true`},
	{samFile, "WECHAT_BASE_URL: https://api.weixin.qq.com", "WECHAT_BASE_URL: http://api.weixin.qq.com", "login: WECHAT_BASE_URL is not"},
	{samFile, "Description: Secret whose text is 1:<64", "Default: ''\n    Description: Secret whose text is 1:<64", "parameter without a default MasterKeysSecretArn is missing"},
	{samFile, "Description: host:port of Redis.", "Default: localhost:6379\n    Description: host:port of Redis.", "parameter without a default RedisAddress is missing"},
	{samFile, "HasRedisPassword: !And [!Not [!Equals [!Ref RedisPasswordSecretArn, '']],", "HasRedisPassword: !And [!Equals [!Ref RedisPasswordSecretArn, ''],", "the condition HasRedisPassword is not"},
	{frameworkFile, "LOCK_LEAD: ${env:LOCK_LEAD, '60s'}", "LOCK_LEAD: ${env:LOCK_LEAD, '61s'}", "join would not start: config: MIN_LEAD is less than"},
	{frameworkFile, "MIN_LEAD: ${env:MIN_LEAD, '2m'}", "MIN_LEAD: ${env:LOCK_LEAD, '2m'}", "events: MIN_LEAD is not"},
	{frameworkFile, "BEACON: ${env:BEACON, 'drand'}", "BEACON: ${env:BEACON, 'none'}", `draw: BEACON is not "${env:BEACON, 'drand'}"`},
	{frameworkFile, "BEACON_RELAYS: ${env:BEACON_RELAYS, ''}", "BEACON_RELAYS: relay", "draw would not start: config: BEACON_RELAYS entry 1"},
	{frameworkFile, "masterKeys: ${env:MASTER_KEYS_SECRET_ARN}", "masterKeys: ${env:WECHAT_SECRET_SECRET_ARN}", "draw: MASTER_KEYS_SECRET_ARN is not"},
	{frameworkFile, "DB_DSN_SECRET_ARN: ${self:custom.secrets.migrateDsn}", "DB_TLS_CA: ''", "migrate: DB_DSN_SECRET_ARN is not"},
	{joinFile, "LOCK_LEAD: ${env:LOCK_LEAD}", "LOCK_LEAD: 30s", `join: LOCK_LEAD is not "${env:LOCK_LEAD}"`},
	{joinFile, "DB_DSN: ${env:DB_DSN}", "DB_DSN: ${env:MASTER_KEYS}", `join: DB_DSN is not "${env:DB_DSN}"`},
	{joinFile, "REDIS_ADDR: ${env:REDIS_ADDR}", "REDIS_ADDR: ${env:DB_DSN}", `join: REDIS_ADDR is not "${env:REDIS_ADDR}"`},
	{joinFile, "BEACON: ${env:BEACON}", "BEACON: none", `join: BEACON is not "${env:BEACON}"`},
	{joinFile, "TICK_PERIOD: 60s", "TICK_PERIOD: 10m", "join would not start: config: MIN_LEAD is less than"},
	{loginFile, "topicId: ${env:CLS_LOGIN_TOPIC_ID}", "topicId: ${env:CLS_TOPIC_ID}", "it does not log to ${env:CLS_LOGIN_TOPIC_ID}"},
	{joinFile, "topicId: ${env:CLS_TOPIC_ID}", "topicId: ${env:CLS_LOGIN_TOPIC_ID}", "it does not log to ${env:CLS_TOPIC_ID}"},
	{joinFile, "subnetId: ${env:SUBNET_ID}", "subnetId: ${env:VPC_ID}", "it is not in the network"},
}

// stateMistakes are things that are there and do nothing, or at the wrong time.
var stateMistakes = []change{
	{samFile, "OmitName: true", "OmitName: true\n            State: DISABLED", "Tick does not run"},
	{samFile, "OmitName: true", "OmitName: true\n            EndDate: '2027-01-01T00:00:00Z'", "Tick does not run at all times"},
	{samFile, "Threshold: 0", "Threshold: 100000", "no alarm rings when login fails: Threshold"},
	{samFile, "Statistic: Sum", "Statistic: Minimum", "no alarm rings when login fails: Statistic"},
	{samFile, "Period: 300", "Period: 86400", "no alarm rings when login fails: Period"},
	{samFile, "EvaluationPeriods: 1", "EvaluationPeriods: 100", "no alarm rings when login fails: EvaluationPeriods"},
	{samFile, "      EvaluationPeriods: 1\n", "", "no alarm rings when login fails: LoginErrorsAlarm has no EvaluationPeriods"},
	{samFile, "Statistic: Sum", "Statistic: Sum\n      ActionsEnabled: false", "no alarm rings when login fails: ActionsEnabled"},
	{samFile, "Statistic: Sum", "Statistic: Sum\n      Unit: Bytes", "no alarm rings when login fails: Unit"},
	{samFile, "Expression: SUM(METRICS())", "Expression: 0 * SUM(METRICS())", "no alarm rings when a function is throttled: Metrics"},
	{samFile, "  JoinErrorsAlarm:\n", "  JoinErrorsAlarm:\n    Condition: HasEmail\n", "JoinErrorsAlarm is made under another condition"},
	{samFile, "  JoinErrorsAlarm:\n", "  JoinsErrorsAlarm:\n", "alarm JoinErrorsAlarm is missing"},
	{samFile, "  WaitingTicks:\n", "  WaitTicks:\n", "metric filter WaitingTicks is missing"},
	{samFile, "MetricValue: '1'", "MetricValue: '1'\n          DefaultValue: 1", "FinishedTicks counts what does not match"},
	{samFile, "ReservedConcurrentExecutions: !If [HasHttpConcurrency, !Ref HttpConcurrency, !Ref AWS::NoValue]", "ReservedConcurrentExecutions: 0", "the concurrency of login is not a parameter"},
	{samFile, "MaximumRetryAttempts: 0", "MaximumRetryAttempts: 2", "a failed tick is tried again"},
	{samFile, "OnFailure:", "OnSuccess:", "a failed tick is lost"},
	{frameworkFile, "method: scheduler", "method: scheduler\n          enabled: false", "the schedule does not run"},
	{frameworkFile, "method: scheduler", "method: eventBus", "the schedule is not the scheduler's"},
	{frameworkFile, "Target: # replaces", "State: DISABLED\n        Target: # replaces", "the extended schedule does not run"},
	{frameworkFile, "onFailure:", "onSuccess:", "a failed tick is lost"},
	{frameworkFile, "layers: ['${env:SECRETS_EXTENSION_ARN}']", "layers: []", "login has not the extension that reads secrets"},
	{frameworkFile, "role: JoinRole", "role: JoinRole\n    layers: []", "join has not the extension that reads secrets"},
	{frameworkFile, "role: JoinRole", "role: JoinRole\n    reservedConcurrency: 0", "join has a fixed concurrency"},
	{frameworkFile, "role: JoinRole", "role: JoinRole\n    vpc: ~", "join is not in the network"},
	{frameworkFile, "maximumRetryAttempts: 0", "maximumRetryAttempts: 2", "a failed tick is tried again"},
	{frameworkFile, "    maximumRetryAttempts: 0\n", "", "a failed tick is tried again"},
	{frameworkFile, "maximumEventAge: 120", "maximumEventAge: 21600", "a tick may wait 21600 s"},
	{frameworkFile, "MaximumRetryAttempts: 2", "MaximumRetryAttempts: 185", "the schedule tries again too long"},
	{frameworkFile, "DeadLetterConfig: {Arn: !GetAtt DrawDeadLetters.Arn}", "DeadLetterConfig: {Arn: !GetAtt DrawRole.Arn}", "a tick is lost when it is not delivered"},
	{frameworkFile, "Arn: !GetAtt DrawLambdaFunction.Arn", "Arn: !GetAtt JoinLambdaFunction.Arn", "the schedule does not wake the draw"},
	{frameworkFile, "SqsManagedSseEnabled: true", "SqsManagedSseEnabled: false", "the queue is not encrypted"},
	{drawFile, "qualifier: $DEFAULT", "qualifier: nowhere", "its timer trigger is not for the version that takes the traffic"},
	{joinFile, "qualifier: $DEFAULT", "qualifier: $LATEST", "its http trigger is not for the version that takes the traffic"},
}
