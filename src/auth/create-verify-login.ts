import { createHmac, randomBytes } from 'node:crypto'
import type { Login, UncheckedLogin } from '../core/login.ts'
import type { NameTable } from '../core/name-table.ts'
import { createNameTable } from '../core/name-table.ts'
import type { Turns } from '../core/turns.ts'
import { createTurns } from '../core/turns.ts'
import type { Account } from './accounts.ts'
import { createAccounts } from './accounts.ts'
import { createPasswordChecker } from './check-password.ts'
import type { Scrypt } from './password-hash.ts'
import { scrypt as realScrypt } from './password-hash.ts'
import { createRecentLogins } from './recent-logins.ts'
import type { Users } from './users-file.ts'

/** The result of a login. */
export type LoginVerdict =
  | { readonly ok: true; readonly account: Account }
  /** The user is unknown or the password is wrong; both take the same time. */
  | { readonly ok: false; readonly code: 'wrong' }
  | ({ readonly ok: false } & UncheckedLogin)

/** A login that is being checked. */
export type Verification = {
  /**
   * Cancels the wait because the client has left: `settle` is not called any more, and a queued
   * verification leaves the queue.
   */
  readonly leave: () => void
  /** Whether the verification still waits in the queue. */
  readonly isWaiting: () => boolean
}

/**
 * Checks one login.
 *
 * @param client the client whose share of verifications the login uses
 * @param settle called once, never before the call returns
 */
export type VerifyLogin = (
  login: Login,
  client: string,
  settle: (verdict: LoginVerdict) => void,
) => Verification

/** The verifier of a listener's logins, whose users can be replaced. */
export type LoginVerifier = {
  readonly verify: VerifyLogin
  /**
   * Replaces the users. Logins of users whose password is written as before stay in the cache. A login that is
   * being verified for another user is wrong.
   *
   * @param revoke whether connections of removed users, and of those with a new password, are ended
   */
  readonly change: (users: Users, revoke: boolean) => void
}

export type VerifyLoginOptions = {
  /** Default: Node's `crypto.scrypt`, which runs off the main thread. */
  readonly scrypt?: Scrypt
  /**
   * Limits concurrent verifications, from `createLoginTurns`; all verifiers of a process share it. Default:
   * one of its own.
   */
  readonly turns?: Turns
  /** Maximum number of right logins in the cache. Default 4096. */
  readonly remembered?: number
}

/** Maximum number of concurrent verifications: each occupies a thread and 16 MiB for about 60 ms. */
const AT_ONCE = 2

/** Maximum number of verifications that wait in the queue. */
const WAITING_MAX = 128

/**
 * A client may occupy all slots if no other waits: a verification is short, and the next free slot goes to
 * another client.
 */
const RATIO = AT_ONCE

const REMEMBERED = 4096

/** Limits verifications: 2 run at a time, 128 more wait, and clients are served round robin. */
export const createLoginTurns = (): Turns =>
  createTurns({ max: AT_ONCE, waitingMax: WAITING_MAX, ratio: RATIO })

const WRONG: LoginVerdict = { ok: false, code: 'wrong' }

const CROWDED: LoginVerdict = {
  ok: false,
  code: 'limit',
  message: 'too many logins wait to be checked',
}

const UNCHECKED: LoginVerdict = {
  ok: false,
  code: 'limit',
  message: 'the login could not be checked: the system has no memory for it',
}

type Waiter = { readonly settle: (verdict: LoginVerdict) => void; left: boolean }

/** One verification, shared by all equal logins of one client. */
type Job = {
  readonly key: string
  readonly waiters: Set<Waiter>
  state: 'waiting' | 'running' | 'over'
  leaveTurn: () => void
  next: Job | null
}

const createJob = (key: string): Job => ({
  key,
  waiters: new Set(),
  state: 'waiting',
  leaveTurn: () => {},
  next: null,
})

/** Calls back in a microtask, so that the verifier never settles before it returns. */
const answer = (waiter: Waiter, verdict: LoginVerdict): void =>
  queueMicrotask(() => {
    if (!waiter.left) waiter.settle(verdict)
  })

/**
 * Creates a verifier of logins. A right login is cached as an HMAC with a key that only this verifier has,
 * so scrypt runs once per login and not per connection. Wrong logins are not cached. Concurrent equal logins
 * of one client share one verification. If too many logins wait, the client with most of them loses its
 * newest.
 *
 * @param users validated users: every hash in it parses
 */
export const createVerifyLogin = (
  users: Users,
  options: VerifyLoginOptions = {},
): LoginVerifier => {
  const { scrypt = realScrypt, turns = createLoginTurns() } = options
  const accounts = createAccounts(users)
  let usersInForce = users
  let checker = createPasswordChecker(users, scrypt)
  /** How often the users were replaced. A login after that does not share a verification from before. */
  let changes = 0
  const remembered = createRecentLogins(options.remembered ?? REMEMBERED)
  const jobs: NameTable<Job> = createNameTable()
  const secret = randomBytes(32)

  // The length of the name comes first, so that "ab" with "c" differs from "a" with "bc".
  const keyOf = ({ user, password }: Login): string =>
    createHmac('sha256', secret)
      .update(Uint8Array.of(user.length))
      .update(user)
      .update(password)
      .digest('base64')

  /** Checks a login against the users at the time of the call. */
  const check = async (login: Login): Promise<LoginVerdict> => {
    const known = usersInForce
    const user = await checker.check(login)
    // The users may have been replaced meanwhile: the password must still be written as it was.
    if (user === null || usersInForce.get(user) !== known.get(user)) return WRONG
    return { ok: true, account: accounts.of(user) }
  }

  const end = (job: Job, verdict: LoginVerdict): void => {
    job.state = 'over'
    jobs.delete(job)
    job.leaveTurn()
    for (const waiter of job.waiters) answer(waiter, verdict)
  }

  const run = (job: Job, login: Login, key: string): void => {
    job.state = 'running'
    // Another client may have verified the same login in the meantime.
    const known = remembered.find(key)
    if (known) return end(job, { ok: true, account: known })
    const finish = (verdict: LoginVerdict): void => {
      if (verdict.ok) remembered.add(key, verdict.account)
      end(job, verdict)
    }
    check(login).then(finish, () => finish(UNCHECKED))
  }

  /** Queues the first of several equal logins of one client. */
  const begin = (job: Job, client: string, login: Login, key: string): void => {
    jobs.add(job)
    const leaveTurn = turns.enter({
      client,
      run: () => run(job, login, key),
      refuse: () => end(job, CROWDED),
    })
    // `turns.enter` may refuse the login before it returns.
    if (job.state === 'over') leaveTurn()
    else job.leaveTurn = leaveTurn
  }

  const leave = (job: Job, waiter: Waiter): void => {
    waiter.left = true
    job.waiters.delete(waiter)
    // A running scrypt cannot be cancelled and occupies its slot until it ends.
    if (job.state === 'waiting' && job.waiters.size === 0) end(job, CROWDED)
  }

  const verify: VerifyLogin = (login, client, settle) => {
    const waiter: Waiter = { settle, left: false }
    const quick: Verification = { leave: () => void (waiter.left = true), isWaiting: () => false }
    if (!checker.slow) {
      void check(login).then(verdict => answer(waiter, verdict))
      return quick
    }
    const key = keyOf(login)
    const known = remembered.find(key)
    if (known) {
      answer(waiter, { ok: true, account: known })
      return quick
    }
    const name = `${client} ${changes} ${key}`
    const shared = jobs.get(name)
    const job = shared ?? createJob(name)
    job.waiters.add(waiter)
    if (!shared) begin(job, client, login, key)
    return { leave: () => leave(job, waiter), isWaiting: () => job.state === 'waiting' }
  }

  return {
    verify,
    change: (next, revoke) => {
      accounts.change(next, revoke)
      usersInForce = next
      checker = createPasswordChecker(next, scrypt)
      changes++
    },
  }
}
