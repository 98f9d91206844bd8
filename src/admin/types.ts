/** The current state of the daemon. */
export type AdminStatus = {
  readonly state: 'starting' | 'serving' | 'draining'
  /** Processes that serve connections; 0 if all have died and none is replaced yet. */
  readonly processes: number
  /** Addresses that should be open and are not. */
  readonly lost: number
}

/** The response to a request. */
export type AdminAnswer = {
  readonly status: number
  /** One line without its line break. */
  readonly text: string
}

/** One path of the endpoint. */
export type AdminRoute = {
  /** Whether the route needs no token, because its response contains no secret. */
  readonly isPublic: boolean
  readonly answer: (status: AdminStatus) => AdminAnswer
}
