// The same files as one mixin, where monitoring is built with jsonnet (https://monitoring.mixins.dev).
{
  grafanaDashboards+:: {
    'eyeballd.json': import 'dashboards_out/eyeballd.json',
  },
  prometheusAlerts+:: std.parseYaml(importstr 'prometheus_alerts.yaml'),
  prometheusRules+:: std.parseYaml(importstr 'prometheus_rules.yaml'),
}
