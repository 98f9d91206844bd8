import type { OptionDefinition } from './types.ts'

export const CONFIG: OptionDefinition = {
  name: 'config',
  alias: 'c',
  type: 'text',
  value: 'FILE',
  about: 'Configuration in YAML or JSON',
  default: 'EYEBALLD_CONFIG, else none',
}

export const DNS: OptionDefinition = {
  name: 'dns',
  type: 'list',
  value: 'SERVER',
  about: "A DNS server, address or address:port, in place of the system's; repeatable",
  default: "the system's servers",
}

/** The option for machine-readable output. */
export const JSON_OUTPUT: OptionDefinition = {
  name: 'json',
  type: 'switch',
  about: 'Print JSON, one object a line, instead of text for people',
  default: 'off',
}

/** Defines an option for a duration. */
export const timing = (name: string, about: string, fallback: string): OptionDefinition => ({
  name,
  type: 'text',
  value: 'DURATION',
  about,
  default: fallback,
})

/** The options for the durations of a race. */
export const RACE_TIMING: readonly OptionDefinition[] = [
  timing('connection-attempt-delay', 'Time between two attempts (RFC 8305 section 5)', '250ms'),
  timing(
    'resolution-delay',
    'How long a first answer waits for the family that may go first (RFC 8305 section 3)',
    '50ms',
  ),
  timing('connect-timeout', 'Time for a whole race, lookups included', '30s'),
]

/** The address of the daemon's HTTP endpoint: where it listens, or where a health check asks. */
export const ADMIN: OptionDefinition = {
  name: 'admin',
  type: 'text',
  value: 'ADDR',
  about: 'HTTP endpoint for health checks: host:port, [ipv6]:port or unix:/path',
  default: 'admin.listen of the file, else off',
}
