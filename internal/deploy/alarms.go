package deploy

import (
	"maps"
	"slices"
)

// alarm is what somebody must hear of, and the properties that say when it rings. No other property may.
type alarm struct {
	when       string
	properties map[string]any
}

// alarms are those there must be, by logical id.
func alarms() map[string]alarm {
	all := map[string]alarm{
		"ThrottlesAlarm": {"a function is throttled", throttled()},
		"DeadLettersAlarm": {"a tick is not delivered", over(0, map[string]any{
			"Namespace": "AWS/SQS", "MetricName": "ApproximateNumberOfMessagesVisible", "Statistic": "Maximum",
			"Dimensions": dimension("QueueName", attribute("DrawDeadLetters", "QueueName")),
		})},
		"ApiErrorsAlarm": {"the API fails", over(5, map[string]any{
			"Namespace": "AWS/ApiGateway", "MetricName": "5xx", "Statistic": "Sum", "Dimensions": dimension("ApiId", ref("HttpApi")),
			"ComparisonOperator": "GreaterThanOrEqualToThreshold",
		})},
		"NoTickAlarm": {"no tick finishes for three minutes", silent()},
		"OverdueAlarm": {"draws are overdue in two of three minutes", over(0, map[string]any{
			"Namespace": ownNamespace(), "MetricName": "OverdueDraws", "Statistic": "Maximum",
			"Period": 60, "EvaluationPeriods": 3, "DatapointsToAlarm": 2,
		})},
	}
	for _, name := range Names {
		all[logicalID(name)+"ErrorsAlarm"] = alarm{name + " fails", over(0, map[string]any{
			"Namespace": "AWS/Lambda", "MetricName": "Errors", "Statistic": "Sum", "Dimensions": function(name), "Period": 300,
		})}
	}
	return all
}

// over is an alarm that rings when there is more than a limit in five minutes, and is still when nothing is known; properties
// say more, or otherwise.
func over(limit int, properties map[string]any) map[string]any {
	all := map[string]any{
		"Period": 300, "EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanThreshold", "Threshold": limit,
		"TreatMissingData": "notBreaching",
	}
	maps.Copy(all, properties)
	return all
}

// throttled is over the functions that others wake, together.
func throttled() map[string]any {
	metrics := []any{map[string]any{"Id": "all", "Expression": "SUM(METRICS())", "Label": "Throttles"}}
	for _, name := range []string{"login", "events", "join", "draw"} {
		metric := map[string]any{"Namespace": "AWS/Lambda", "MetricName": "Throttles", "Dimensions": function(name)}
		metrics = append(metrics, unseen(name, metric, 300))
	}
	all := over(0, map[string]any{"Metrics": metrics})
	delete(all, "Period") // each metric has its own
	return all
}

// silent rings when there are no records of ticks, and does not wait to see whether they come yet.
func silent() map[string]any {
	return map[string]any{
		"Metrics": []any{
			map[string]any{"Id": "filled", "Expression": "FILL(live, 0)", "Label": "LiveTicks"},
			unseen("live", map[string]any{"Namespace": ownNamespace(), "MetricName": "LiveTicks"}, 60),
		},
		"EvaluationPeriods": 3, "DatapointsToAlarm": 3, "ComparisonOperator": "LessThanThreshold", "Threshold": 1,
		"TreatMissingData": "breaching",
	}
}

// unseen is the sum of a metric in an alarm that looks at an expression of it.
func unseen(id string, metric map[string]any, period int) map[string]any {
	return map[string]any{
		"Id": id, "ReturnData": false, "MetricStat": map[string]any{"Metric": metric, "Period": period, "Stat": "Sum"},
	}
}

func dimension(name string, v any) []any { return []any{map[string]any{"Name": name, "Value": v}} }

func function(name string) []any { return dimension("FunctionName", ref(logicalID(name)+"Function")) }

// ownNamespace is where the metrics made of log records are.
func ownNamespace() map[string]any { return map[string]any{"Fn::Sub": "Lottery/${AWS::StackName}"} }

// checkAlarms wants an alarm for everything that somebody must hear of, and somebody who hears it.
func (t *template) checkAlarms() {
	want := alarms()
	t.sameSet("alarm", t.ids("AWS::CloudWatch::Alarm"), sortedKeys(want))
	action := map[string]any{"Fn::If": []any{"OwnsTopic", ref("AlarmTopic"), ref("AlarmTopicArn")}}
	for id, a := range want {
		p := maps.Clone(mapOf(at(t.resources[id], "Properties")))
		t.unless(same(at(p, "AlarmActions"), []any{action}), "%s tells nobody", id)
		t.unless(same(at(p, "OKActions"), []any{action}), "%s tells nobody when it is over", id)
		t.unless(textOf(at(p, "AlarmDescription")) != "", "%s does not say what it means", id)
		maps.DeleteFunc(p, func(key string, v any) bool {
			return slices.Contains([]string{"AlarmActions", "OKActions", "AlarmDescription"}, key) || same(v, a.properties[key])
		})
		for key := range p {
			t.addf("no alarm rings when %s: %s of %s is not %s", a.when, key, id, show(a.properties[key]))
		}
		for key := range a.properties {
			t.unless(at(t.resources[id], "Properties", key) != nil, "no alarm rings when %s: %s has no %s", a.when, id, key)
		}
	}
}
