package deploy

// checkRecords looks at the logs, and at the metrics that are made of the draw's records.
func (t *template) checkRecords() {
	for _, id := range t.ids("AWS::Logs::LogGroup") {
		t.unless(same(at(t.resources[id], "Properties", "RetentionInDays"), ref("LogRetentionDays")), "%s is kept for ever", id)
	}
	metrics := map[string]string{"FinishedTicks": "LiveTicks", "WaitingTicks": "LiveTicks", "OverdueDraws": "OverdueDraws"}
	t.sameSet("metric filter", t.ids("AWS::Logs::MetricFilter"), []string{"FinishedTicks", "OverdueDraws", "WaitingTicks"})
	for id, metric := range metrics {
		p := at(t.resources[id], "Properties")
		t.unless(same(at(p, "LogGroupName"), ref("DrawLogs")), "%s does not read the draw's log", id)
		made := listOf(at(p, "MetricTransformations"))
		if len(made) != 1 {
			t.addf("%s makes %d metrics", id, len(made))
			continue
		}
		t.unless(same(at(made[0], "MetricNamespace"), ownNamespace()) && at(made[0], "MetricName") == metric, "%s is not counted in %s", id, metric)
		t.unless(at(made[0], "DefaultValue") == nil, "%s counts what does not match", id)
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
