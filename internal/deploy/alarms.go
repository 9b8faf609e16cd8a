package deploy

import "strings"

// checkAlarms wants an alarm for everything that somebody must hear of, and somebody who hears it.
func (t *template) checkAlarms() {
	for _, name := range Names {
		t.wantAlarm(name+" fails", "AWS/Lambda", "Errors", dimension("FunctionName", ref(logicalID(name)+"Function")), "notBreaching")
	}
	t.wantAlarm("a tick is not delivered", "AWS/SQS", "ApproximateNumberOfMessagesVisible",
		dimension("QueueName", attribute("DrawDeadLetters", "QueueName")), "notBreaching")
	t.wantAlarm("the API fails", "AWS/ApiGateway", "5xx", dimension("ApiId", ref("HttpApi")), "notBreaching")
	t.checkThrottles()
	for id, r := range t.resources {
		switch at(r, "Type") {
		case "AWS::CloudWatch::Alarm":
			action := map[string]any{"Fn::If": []any{"OwnsTopic", ref("AlarmTopic"), ref("AlarmTopicArn")}}
			t.unless(same(at(r, "Properties", "AlarmActions"), []any{action}), "%s tells nobody", id)
			t.unless(same(at(r, "Properties", "OKActions"), []any{action}), "%s tells nobody when it is over", id)
			t.unless(textOf(at(r, "Properties", "AlarmDescription")) != "", "%s does not say what it means", id)
		case "AWS::Logs::LogGroup":
			t.unless(same(at(r, "Properties", "RetentionInDays"), ref("LogRetentionDays")), "%s is kept for ever", id)
		case "AWS::Logs::MetricFilter":
			t.unless(same(at(r, "Properties", "LogGroupName"), ref("DrawLogs")), "%s does not read the draw's log", id)
		}
	}
	t.checkTicks()
	overdue := t.wantMetric("draws are overdue", "OverdueDraws", "notBreaching")
	t.unless(at(overdue, "ComparisonOperator") == "GreaterThanThreshold" && at(overdue, "Threshold") == 0 && at(overdue, "Statistic") == "Maximum" &&
		at(overdue, "Period") == 60 && at(overdue, "EvaluationPeriods") == 3 && at(overdue, "DatapointsToAlarm") == 2,
		"no alarm rings when draws are overdue in two of three minutes")
}

// checkTicks wants an alarm that rings when there are no records of ticks, and does not wait to see whether they come yet.
func (t *template) checkTicks() {
	alarm := at(t.resources["NoTickAlarm"], "Properties")
	filled, live := listOf(at(alarm, "Metrics")), any(nil)
	if len(filled) == 2 {
		live = filled[1]
	}
	metric := map[string]any{"Namespace": map[string]any{"Fn::Sub": "Lottery/${AWS::StackName}"}, "MetricName": "LiveTicks"}
	t.unless(live != nil && at(filled[0], "Expression") == "FILL(live, 0)" && at(filled[0], "ReturnData") == nil &&
		at(live, "Id") == "live" && at(live, "ReturnData") == false && same(at(live, "MetricStat", "Metric"), metric) &&
		at(live, "MetricStat", "Period") == 60 && at(live, "MetricStat", "Stat") == "Sum", "no alarm reads LiveTicks")
	t.unless(at(alarm, "ComparisonOperator") == "LessThanThreshold" && at(alarm, "Threshold") == 1 && at(alarm, "EvaluationPeriods") == 3 &&
		at(alarm, "DatapointsToAlarm") == 3 && at(alarm, "TreatMissingData") == "breaching",
		"no alarm rings when no tick finishes for three minutes")
	for _, id := range []string{"FinishedTicks", "WaitingTicks"} {
		made := listOf(at(t.resources[id], "Properties", "MetricTransformations"))
		t.unless(len(made) == 1 && same(at(made[0], "MetricNamespace"), metric["Namespace"]) && at(made[0], "MetricName") == "LiveTicks",
			"%s is not counted in LiveTicks", id)
	}
}

func dimension(name string, v any) []any { return []any{map[string]any{"Name": name, "Value": v}} }

// wantAlarm finds the alarm on a metric of AWS.
func (t *template) wantAlarm(when, namespace, metric string, dimensions any, missing string) {
	for _, r := range t.resources {
		p := at(r, "Properties")
		if at(r, "Type") == "AWS::CloudWatch::Alarm" && at(p, "Namespace") == namespace && at(p, "MetricName") == metric && same(at(p, "Dimensions"), dimensions) {
			above := strings.HasPrefix(textOf(at(p, "ComparisonOperator")), "GreaterThan")
			t.unless(above && at(p, "TreatMissingData") == missing, "the alarm when %s rings at the wrong time", when)
			return
		}
	}
	t.addf("no alarm rings when %s", when)
}

// wantMetric finds the alarm on a metric made of log records, and the filter that makes it.
func (t *template) wantMetric(when, metric, missing string) (alarm any) {
	namespace, made := map[string]any{"Fn::Sub": "Lottery/${AWS::StackName}"}, false
	for _, r := range t.resources {
		p := at(r, "Properties")
		if at(r, "Type") == "AWS::CloudWatch::Alarm" && same(at(p, "Namespace"), namespace) && at(p, "MetricName") == metric {
			alarm = p
		}
		for _, transformation := range listOf(at(p, "MetricTransformations")) {
			made = made || same(at(transformation, "MetricNamespace"), namespace) && at(transformation, "MetricName") == metric
		}
	}
	t.unless(made, "nothing makes the metric %s", metric)
	t.unless(alarm != nil && at(alarm, "TreatMissingData") == missing, "no alarm rings when %s", when)
	return alarm
}

// checkThrottles wants one alarm over the functions that others wake.
func (t *template) checkThrottles() {
	for _, name := range []string{"login", "events", "join", "draw"} {
		found := false
		for _, r := range t.resources {
			for _, m := range listOf(at(r, "Properties", "Metrics")) {
				metric := at(m, "MetricStat", "Metric")
				found = found || at(metric, "Namespace") == "AWS/Lambda" && at(metric, "MetricName") == "Throttles" &&
					same(at(metric, "Dimensions"), dimension("FunctionName", ref(logicalID(name)+"Function")))
			}
		}
		t.unless(found, "no alarm rings when %s is throttled", name)
	}
}

// filters are the metric filters of the template: pattern and value by logical id.
func (t *template) filters() map[string][2]string {
	all := map[string][2]string{}
	for id, r := range t.resources {
		for _, transformation := range listOf(at(r, "Properties", "MetricTransformations")) {
			all[id] = [2]string{textOf(at(r, "Properties", "FilterPattern")), textOf(at(transformation, "MetricValue"))}
		}
	}
	return all
}
