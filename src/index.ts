/**
 * Happy Eyeballs as a library: calls that race, the ordering by itself, and the race of RFC 8305 as a
 * state machine without input or output, with summaries of its trace.
 */
export { addrToAddrInfos } from './library/addr-info.ts'
export { connect, startConnection } from './library/connect.ts'
export { ConnectionPool } from './library/connection-pool/connection-pool.ts'
export { createAgent } from './library/http/create-agent.ts'
export { createConnector } from './library/http/create-connector.ts'
export {
  interleaveAddrInfos,
  popAddrInfosInterleave,
  removeAddrInfos,
} from './library/addr-info-lists.ts'
export { isRaceError } from './library/race-error.ts'
export { openConnection } from './library/open-connection.ts'
export {
  RaceMachine,
  createMachine as createRaceMachine,
  summariseTrace as summarise,
} from './library/race-machine.ts'
export { sortAddresses } from './library/sort-addresses.ts'
export type { Addr, AddrInfo } from './library/addr-info.ts'
export type { ConnectOptions } from './library/connect.ts'
export type { ConnectionPoolOptions } from './library/connection-pool/create-connection-pool.ts'
export type {
  Connector,
  ConnectorOptions,
  ConnectorTarget,
} from './library/http/create-connector.ts'
export type { CreateAgentOptions } from './library/http/create-agent.ts'
export type { OpenConnection } from './library/open-connection.ts'
export type {
  ErrorCode,
  RaceError,
  RaceErrorAttempt,
  RaceErrorLookup,
} from './library/race-error.ts'
export type { RaceMachineConfig } from './library/race-machine.ts'
export type {
  PolicyTableName,
  SortableAddress,
  SortAddressesOptions,
  SourceOption,
} from './library/sort-addresses.ts'
export type { RaceOptions } from './library/race-options.ts'

export type {
  AttemptOutcome,
  AttemptSummary,
  LookupSummary,
  RaceSummary,
} from './eyeballs/race/summary.ts'
export type { AttemptRecord, LookupRecord, RaceRecord, RaceReport } from './eyeballs/race/report.ts'
export type {
  CancelReason,
  Candidate,
  LostReason,
  Query,
  RaceCommand,
  RaceConfig,
  RaceEvent,
  RaceTiming,
  RaceTrace,
  TraceEntry,
} from './eyeballs/race/types.ts'
