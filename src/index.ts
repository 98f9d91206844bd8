/**
 * Happy Eyeballs as a library: calls that race, the ordering by itself, and the race of RFC 8305 as a
 * state machine without input or output with what its trace tells.
 */
export { addrToAddrInfos } from './library/addr-to-addr-infos.ts'
export { connect } from './library/connect.ts'
export { ConnectionPool } from './library/pool/connection-pool.ts'
export { createAgent } from './library/http/create-agent.ts'
export { createConnector } from './library/http/create-connector.ts'
export { interleaveAddrInfos } from './library/interleave-addr-infos.ts'
export { isRaceError } from './library/race-error.ts'
export { openConnection } from './library/open-connection.ts'
export { popAddrInfosInterleave } from './library/pop-addr-infos-interleave.ts'
export { RaceMachine, createMachine as createRaceMachine } from './library/race-machine.ts'
export { removeAddrInfos } from './library/remove-addr-infos.ts'
export { sortAddresses } from './library/sort-addresses.ts'
export { summariseTrace as summarise } from './library/summarise-trace.ts'
export { startConnection } from './library/start-connection.ts'
export type { Addr } from './library/addr-to-addr-infos.ts'
export type { AddrInfo } from './library/addr-info.ts'
export type { ConnectOptions } from './library/connect.ts'
export type { ConnectionPoolOptions } from './library/pool/types.ts'
export type {
  Connector,
  ConnectorOptions,
  ConnectorTarget,
} from './library/http/create-connector.ts'
export type { CreateAgentOptions } from './library/http/create-agent.ts'
export type { ErrorCode } from './library/error-code.ts'
export type { OpenConnection } from './library/open-connection.ts'
export type { RaceError, RaceErrorAttempt, RaceErrorLookup } from './library/race-error.ts'
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
export type { AttemptRecord, LookupRecord, RaceRecord } from './eyeballs/race/report.ts'
export type { RaceReport } from './eyeballs/race/report.ts'
export type { RaceTrace, TraceEntry } from './eyeballs/race/types.ts'
export type {
  CancelReason,
  Candidate,
  LostReason,
  Query,
  RaceCommand,
  RaceConfig,
  RaceEvent,
  RaceTiming,
} from './eyeballs/race/types.ts'
