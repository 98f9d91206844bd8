import { createHmac, randomBytes } from 'node:crypto'
import type { Login } from '../core/login.ts'
import type { NameTable } from '../core/name-table.ts'
import { createNameTable } from '../core/name-table.ts'
import type { Turns } from '../core/turns.ts'
import { createTurns } from '../core/turns.ts'
import { createPasswordChecker } from './check-password.ts'
import type { Scrypt } from './password-hash.ts'
import { scrypt as realScrypt } from './password-hash.ts'
import type { Users } from './users-file.ts'

/** The result of a login. */
export type LoginVerdict =
  /** The user's name, decoded as UTF-8. */
  | { readonly ok: true; readonly user: string }
  /** The user is unknown or the password is wrong; both take the same time. */
  | { readonly ok: false; readonly code: 'wrong' }
  /** The login was not checked; the message contains the reason. */
  | { readonly ok: false; readonly code: 'limit'; readonly message: string }

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

// Names compare as bytes, so a leading byte order mark (U+FEFF) is kept.
const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true })

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

const verdictOf = (user: string | null): LoginVerdict =>
  user === null ? WRONG : { ok: true, user }

/** A bounded set that drops the least recently used key when it is full. */
type RecentKeys = {
  readonly add: (key: string) => void
  /** Whether the set contains the key; the call counts as use. */
  readonly has: (key: string) => boolean
}

/** @param most maximum number of keys, 1 or more */
export const createRecentKeys = (most: number): RecentKeys => {
  // A Set keeps the order of insertion; a used key moves to its end.
  const keys = new Set<string>()
  const add = (key: string): void => {
    keys.delete(key)
    keys.add(key)
    if (keys.size <= most) return
    for (const oldest of keys) {
      keys.delete(oldest)
      return
    }
  }
  return {
    add,
    has: key => {
      const known = keys.has(key)
      if (known) add(key)
      return known
    },
  }
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
 * so scrypt runs once per login and not per connection. Wrong logins are not cached, and a reload creates a
 * new verifier with an empty cache. Concurrent equal logins of one client share one verification. If too
 * many logins wait, the client with most of them loses its newest.
 *
 * @param users validated users: every hash in it parses
 */
export const createVerifyLogin = (users: Users, options: VerifyLoginOptions = {}): VerifyLogin => {
  const { scrypt = realScrypt, turns = createLoginTurns() } = options
  const checker = createPasswordChecker(users, scrypt)
  const remembered = createRecentKeys(options.remembered ?? REMEMBERED)
  const jobs: NameTable<Job> = createNameTable()
  const secret = randomBytes(32)

  // The length of the name comes first, so that "ab" with "c" differs from "a" with "bc".
  const keyOf = ({ user, password }: Login): string =>
    createHmac('sha256', secret)
      .update(Uint8Array.of(user.length))
      .update(user)
      .update(password)
      .digest('base64')

  /** Returns the verdict of a cached login. Only right logins are cached, so the name in the login is the user's. */
  const recall = (login: Login, key: string): LoginVerdict | undefined =>
    remembered.has(key) ? { ok: true, user: UTF8.decode(login.user) } : undefined

  const end = (job: Job, verdict: LoginVerdict): void => {
    job.state = 'over'
    jobs.delete(job)
    job.leaveTurn()
    for (const waiter of job.waiters) answer(waiter, verdict)
  }

  const run = (job: Job, login: Login, key: string): void => {
    job.state = 'running'
    // Another client may have verified the same login in the meantime.
    const known = recall(login, key)
    if (known) return end(job, known)
    const finish = (verdict: LoginVerdict): void => {
      if (verdict.ok) remembered.add(key)
      end(job, verdict)
    }
    checker.check(login).then(
      user => finish(verdictOf(user)),
      () => finish(UNCHECKED),
    )
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

  return (login, client, settle) => {
    const waiter: Waiter = { settle, left: false }
    const quick: Verification = { leave: () => void (waiter.left = true), isWaiting: () => false }
    if (!checker.slow) {
      void checker.check(login).then(user => answer(waiter, verdictOf(user)))
      return quick
    }
    const key = keyOf(login)
    const known = recall(login, key)
    if (known) {
      answer(waiter, known)
      return quick
    }
    const name = `${client} ${key}`
    const shared = jobs.get(name)
    const job = shared ?? createJob(name)
    job.waiters.add(waiter)
    if (!shared) begin(job, client, login, key)
    return { leave: () => leave(job, waiter), isWaiting: () => job.state === 'waiting' }
  }
}
