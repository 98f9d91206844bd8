/**
 * What a project that uses the library may write, under the strictest settings. It is compiled only,
 * against the package as it is installed; every name that is exported stands here.
 */
import { channel } from 'node:diagnostics_channel'
import { get } from 'node:http'
import type { Agent } from 'node:http'
import { get as getSecurely } from 'node:https'
import type { Socket } from 'node:net'
import type { ReadableStream, WritableStream } from 'node:stream/web'
import { Agent as Dispatcher, fetch } from 'undici'
import {
  ConnectionPool,
  RaceMachine,
  addrToAddrInfos,
  connect,
  createAgent,
  createConnector,
  createRaceMachine,
  interleaveAddrInfos,
  isRaceError,
  openConnection,
  popAddrInfosInterleave,
  removeAddrInfos,
  sortAddresses,
  startConnection,
  summarise,
} from 'eyeballd'
import type {
  Addr,
  AddrInfo,
  AttemptOutcome,
  AttemptRecord,
  AttemptSummary,
  CancelReason,
  Candidate,
  ConnectOptions,
  ConnectionPoolOptions,
  Connector,
  ConnectorOptions,
  ConnectorTarget,
  CreateAgentOptions,
  ErrorCode,
  LookupRecord,
  LookupSummary,
  LostReason,
  OpenConnection,
  PolicyTableName,
  Query,
  RaceCommand,
  RaceConfig,
  RaceError,
  RaceErrorAttempt,
  RaceErrorLookup,
  RaceEvent,
  RaceMachineConfig,
  RaceOptions,
  RaceRecord,
  RaceReport,
  RaceSummary,
  RaceTiming,
  RaceTrace,
  SortAddressesOptions,
  SortableAddress,
  SourceOption,
  TraceEntry,
} from 'eyeballd'

/** Holds that something has a type. */
const is = <T>(value: T): T => value

const addr: Addr = { address: '2001:db8::1', port: 443 }
const made: AddrInfo[] = addrToAddrInfos(addr)
is<null>(addrToAddrInfos(null))
is<AddrInfo[] | null>(addrToAddrInfos(made.length > 0 ? addr : null))

const trace: TraceEntry[] = []
const options: RaceOptions = {
  localAddrInfos: addrToAddrInfos({ address: '192.0.2.1', port: 0 }),
  happyEyeballsDelayMs: null,
  interleave: 2,
  signal: AbortSignal.timeout(1000),
  timeoutMs: 5000,
  attemptTimeoutMs: undefined,
  onTrace: entry => void trace.push(entry),
}
is<Socket>(await startConnection(made, options))
is<Socket>(await startConnection(made))

const where: ConnectOptions = { host: 'example.com', port: 443, ...options }
is<Socket>(await connect(where))
is<Socket>(
  await connect({ addresses: ['192.0.2.1:443', { family: 4, address: '192.0.2.2', port: 1 }] }),
)
// @ts-expect-error a port is a number
await connect({ host: 'example.com', port: '443' })

const opened: OpenConnection = await openConnection({ host: 'example.com', port: 443 })
is<ReadableStream<Uint8Array>>(opened.readable)
is<WritableStream<Uint8Array>>(opened.writable)
is<Socket>(opened.socket)
await opened[Symbol.asyncDispose]()

try {
  await connect(where)
} catch (error) {
  if (!isRaceError(error)) throw error
  const failed: RaceError = error
  is<string>(failed.code)
  const known: ErrorCode = 'ECONNREFUSED'
  if (failed.code === known || failed.code === 'ERR_RACE_FAILED') throw error
  is<string | null>(failed.host)
  const attempts: readonly RaceErrorAttempt[] = failed.attempts
  is<Error | undefined>(attempts[0]?.error)
  const lookups: readonly RaceErrorLookup[] = failed.dns
  is<string | undefined>(lookups[0]?.code)
}

channel('eyeballd:race').subscribe(message => {
  const report = message as RaceReport
  is<'won' | 'failed' | 'aborted'>(report.outcome)
  const record: RaceRecord = report
  const tried: readonly AttemptRecord[] = record.attempts
  const asked: readonly LookupRecord[] = record.dns
  is<number>(tried.length + asked.length)
})

const own = made.map(info => ({ ...info, label: 'mine' }))
is<string | undefined>(interleaveAddrInfos(own, 1)[0]?.label)
popAddrInfosInterleave(made)
removeAddrInfos(made, addr)

const policyTable: PolicyTableName = 'linux'
const source: SourceOption = { address: '2001:db8::2', prefixLength: 64 }
const sorting: SortAddressesOptions = { sources: [source, '192.0.2.1'], policyTable }
is<string[]>(sortAddresses(['192.0.2.1', '2001:db8::1'], sorting))
is<string | undefined>(sortAddresses(own, { sourceFor: () => null })[0]?.label)
const sortable: SortableAddress[] = ['192.0.2.1', ...made]
is<SortableAddress[]>(sortAddresses(sortable))

const agentOptions: CreateAgentOptions = { maxSockets: 4, ca: 'PEM', happyEyeballsDelayMs: 100 }
const agent: Agent = createAgent(agentOptions)
get({ host: 'example.com', agent })
getSecurely('https://example.com/', { agent: createAgent() })
// @ts-expect-error a signal ends one request, not an agent
createAgent({ signal: AbortSignal.timeout(1000) })

const connectorOptions: ConnectorOptions = { tls: { ca: 'PEM' }, timeoutMs: 1000 }
const connector: Connector = createConnector(connectorOptions)
const target: ConnectorTarget = { hostname: 'example.com', protocol: 'https:', port: '' }
connector(target, (error, socket) => (error ? is<Error>(error) : is<Socket>(socket)))
const dispatcher = new Dispatcher({ connect: createConnector() })
is<number>((await fetch('https://example.com/', { dispatcher })).status)

const poolOptions: ConnectionPoolOptions = { host: 'example.com', port: 5432, max: 4 }
const pool = new ConnectionPool({ ...poolOptions, idleTimeoutMs: null })
const lent: Socket = await pool.acquire({ signal: AbortSignal.timeout(1000) })
pool.release(lent, { destroy: true })
is<number>(pool.size + pool.idle + pool.waiting)
await pool.close()
is<AsyncDisposable>(pool)

const candidate: Candidate = { address: '192.0.2.1', family: 4, port: 443 }
const query: Query = { host: 'example.com', port: 443, record: 'AAAA' }
const timing: Partial<RaceTiming> = { connectionAttemptDelayMs: 100 }
const settings: RaceMachineConfig = { queries: [query], addresses: [candidate], timing }
const machine = new RaceMachine(settings)
const event: RaceEvent = { type: 'wake' }
const commands: readonly RaceCommand[] = machine.handle(event, 0)
for (const command of commands) {
  if (command.type === 'cancel') is<CancelReason>(command.reason)
  if (command.type === 'lost') is<LostReason>(command.reason)
}
const whole: RaceTrace = machine.trace()
const config: RaceConfig = whole.config
is<readonly RaceCommand[]>(createRaceMachine(config).handle(event, 0))
const summary: RaceSummary = summarise(whole)
const attempt: AttemptSummary | undefined = summary.attempts[0]
is<AttemptOutcome | null | undefined>(attempt?.outcome)
const lookup: LookupSummary | undefined = summary.dns[0]
is<string | undefined>(lookup?.source)
