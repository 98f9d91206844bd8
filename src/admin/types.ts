/** How the daemon is at the moment. */
export type AdminStatus = {
  readonly state: 'starting' | 'serving' | 'draining'
  /** Processes that serve connections; 0 where all are lost and not replaced yet. */
  readonly processes: number
  /** Addresses that should be open and are not. */
  readonly lost: number
}

/** What is asked for. */
export type AdminAnswer = {
  readonly status: number
  /** One line without its end. */
  readonly text: string
}

/** One path of the endpoint. */
export type AdminRoute = {
  /** Whether it needs no token: what it says is no secret. */
  readonly isPublic: boolean
  readonly answer: (status: AdminStatus) => AdminAnswer
}
