// The same files as one mixin, where monitoring is built with jsonnet (https://monitoring.mixins.dev).
{
  grafanaDashboards+:: {
    'eyeballd.json': import 'dashboards_out/eyeballd.json',
  },
  // `groups+`: beside those of other mixins, not in their place.
  prometheusAlerts+:: { groups+: std.parseYaml(importstr 'prometheus_alerts.yaml').groups },
  prometheusRules+:: { groups+: std.parseYaml(importstr 'prometheus_rules.yaml').groups },
}
