package deploy

// retries are how often the scheduler tries to deliver a tick, and how long.
var retries = map[string]any{"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 300}

// checkTimer looks at what wakes the draw in template.yaml, and at what becomes of a tick that is not delivered or fails.
func (t *template) checkTimer() {
	queue := attribute("DrawDeadLetters", "Arn")
	for id, event := range mapOf(t.property("draw", "Events")) {
		p := at(event, "Properties")
		t.checkSchedule(id, p)
		t.unless(at(p, "OmitName") == true, "%s has one name in every stack of an account", id)
		t.unless(same(at(p, "FlexibleTimeWindow"), map[string]any{"Mode": "OFF"}), "%s is not on time", id)
		t.unless(same(at(p, "RetryPolicy"), retries), "%s is tried again too long", id)
		t.unless(same(at(p, "DeadLetterConfig", "Arn"), queue), "%s is lost when it is not delivered", id)
	}
	async := t.property("draw", "EventInvokeConfig")
	destinations := map[string]any{"OnFailure": map[string]any{"Type": "SQS", "Destination": queue}}
	t.unless(same(at(async, "DestinationConfig"), destinations), "a failed tick is lost")
	t.checkFailed(at(async, "MaximumRetryAttempts"), at(async, "MaximumEventAgeInSeconds"))
	t.unless(at(t.resources["DrawDeadLetters"], "Properties", "SqsManagedSseEnabled") == true, "the queue is not encrypted")
}

// checkSchedule wants a schedule, by its properties, to run from now on and for ever.
func (l *faultList) checkSchedule(id string, p any) {
	state := at(p, "State")
	l.unless(state == nil || state == "ENABLED", "%s does not run", id)
	l.unless(at(p, "StartDate") == nil && at(p, "EndDate") == nil, "%s does not run at all times", id)
}

// checkFailed wants a failed tick not to be run again, since the next one does its work, and none to wait for long.
func (l *faultList) checkFailed(attempts, age any) {
	l.unless(attempts == 0, "a failed tick is tried again")
	l.unless(intOf(age) >= 60 && intOf(age) <= 300, "a tick may wait %v s", age)
}

// checkFrameworkTimer is checkTimer for serverless.aws.yml, as far as the file itself says it.
func (l *faultList) checkFrameworkTimer(raw map[string]any) {
	draw, queue := at(raw, "functions", "draw"), attribute("DrawDeadLetters", "Arn")
	for _, event := range listOf(at(draw, "events")) {
		schedule := at(event, "schedule")
		enabled := at(schedule, "enabled")
		l.unless(enabled == nil || enabled == true, "the schedule does not run")
		l.unless(at(schedule, "method") == "scheduler", "the schedule is not the scheduler's")
		l.unless(same(at(schedule, "roleArn"), attribute("ScheduleRole", "Arn")), "the schedule has no role")
	}
	destinations := map[string]any{"onFailure": map[string]any{"type": "sqs", "arn": queue}}
	l.unless(same(at(draw, "destinations"), destinations), "a failed tick is lost")
	l.checkFailed(at(draw, "maximumRetryAttempts"), at(draw, "maximumEventAge"))
	extended := at(raw, "resources", "extensions", "DrawSchedulerSchedule1", "Properties")
	l.checkSchedule("the extended schedule", extended)
	l.checkTarget(at(extended, "Target"))
	l.unless(at(raw, "resources", "Resources", "DrawDeadLetters", "Properties", "SqsManagedSseEnabled") == true, "the queue is not encrypted")
}

// checkTarget looks at the target of the framework's schedule.
func (l *faultList) checkTarget(target any) {
	l.unless(same(at(target, "Arn"), attribute("DrawLambdaFunction", "Arn")), "the schedule does not wake the draw")
	l.unless(same(at(target, "RoleArn"), attribute("ScheduleRole", "Arn")), "the schedule has no role")
	l.unless(same(at(target, "RetryPolicy"), retries), "the schedule tries again too long")
	l.unless(same(at(target, "DeadLetterConfig", "Arn"), attribute("DrawDeadLetters", "Arn")), "a tick is lost when it is not delivered")
}
