import { list } from '../collections.ts'
import { duration, trueOrFalse, whole } from '../fields.ts'
import { key, keysOf, section } from '../section.ts'
import type { Key, Keys } from '../section.ts'
import { ACCESS_RULE } from './access.ts'
import { ADMIN } from './admin.ts'
import { LIMITS, PIPE } from './connections.ts'
import { EGRESS } from './egress.ts'
import { EYEBALLS } from './eyeballs.ts'
import { LISTENER } from './listeners.ts'
import { LOG } from './log.ts'
import { RESOLVER } from './resolver.ts'

/**
 * The table of the configuration: each key with its type, default, description and flag, in the order in
 * which they are shown. Checks of several keys together are in `check/`.
 */
export const CONFIG = section({
  listeners: key(list(LISTENER, 'listeners'), {
    // An address of the defaults that the host does not have is skipped.
    default: [{ protocol: 'mixed', listen: 'localhost:1080' }],
    about: 'Where clients connect; at least one',
    example: '{ protocol: forward, listen: 127.0.0.1:5432, target: db.example.com:5432 }',
  }),
  access: key(list(ACCESS_RULE, 'rules', 0), {
    default: [],
    about:
      'Rules for targets; the first that matches decides, then the built-in denials, then allow',
    more:
      'Each is judged by the name asked for, the one that a search domain made of it, and the address. ' +
      'A part that is left out matches everything.',
    page: 'access.md',
  }),
  resolver: key(RESOLVER, { default: {}, about: 'How names become addresses' }),
  eyeballs: key(EYEBALLS, {
    default: {},
    about: 'How a connection is raced: RFC 8305, its names and the defaults of its section 8',
  }),
  egress: key(EGRESS, { default: {}, about: 'How connections are made and kept' }),
  pipe: key(PIPE, {
    default: {},
    about: 'How bytes are moved, and how established connections end',
  }),
  limits: key(LIMITS, { default: {}, about: 'What clients may use' }),
  log: key(LOG, { default: {}, about: 'What is logged, and how' }),
  admin: key(ADMIN, {
    default: {},
    about: 'The HTTP endpoint: health, metrics, races, dashboard',
  }),
  processes: key(whole(1, 64), {
    default: 1,
    about: 'Processes that share the listeners; more of them use more cores',
    more: 'With 1 the process itself serves. With more, each takes its share of the limits above.',
    needsRestart: true,
    page: 'engines.md#several-processes',
  }),
  watch: key(trueOrFalse(), {
    default: false,
    about:
      'Whether eyeballd reads its configuration file again whenever it changes, without SIGHUP',
    page: 'signals.md#without-a-signal',
  }),
  drainDelay: key(duration(), {
    default: '0s',
    about: 'How long new connections are still accepted after SIGTERM, while /readyz answers 503',
    more: 'Behind a load balancer: longer than it takes to notice. `drainTimeout` begins afterwards.',
    page: 'scaling.md#drain-one-of-several',
    flag: { name: 'drain-delay', value: 'DURATION' },
  }),
  drainTimeout: key(duration(), {
    default: '30s',
    about: 'How long connections may go on after SIGTERM',
    more: '0 closes them at once.',
    flag: { name: 'drain-timeout', value: 'DURATION' },
  }),
})

/** A key of the table with its path, which leaves out list indices. */
export type PlacedKey = readonly [path: readonly string[], key: Key]

/** Every key of the table, sections before their keys. */
export const tableKeys = (
  keys: Keys = CONFIG.keys,
  base: readonly string[] = [],
): readonly PlacedKey[] =>
  Object.entries(keys).flatMap(([name, entry]) => {
    const path = [...base, name]
    const placed: readonly PlacedKey[] = [[path, entry]]
    return placed.concat(tableKeys(keysOf(entry.field), path))
  })

/** A configuration as loaded, for what reads it by paths of the table. */
type LoadedConfig = Readonly<Record<string, unknown>>

const valueAt = (config: LoadedConfig, [name = '', ...rest]: readonly string[]): unknown =>
  rest.length === 0 ? config[name] : valueAt(config[name] as LoadedConfig, rest)

/** The paths of the keys whose new values take effect only after a restart. */
export const restartKeys = (before: LoadedConfig, after: LoadedConfig): string[] =>
  tableKeys()
    .filter(
      ([path, { needsRestart }]) => needsRestart && valueAt(before, path) !== valueAt(after, path),
    )
    .map(([path]) => path.join('.'))
