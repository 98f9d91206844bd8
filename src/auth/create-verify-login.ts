import { createHmac, randomBytes } from 'node:crypto'
import type { Login } from '../core/login.ts'
import type { NameTable } from '../core/name-table.ts'
import { createNameTable } from '../core/name-table.ts'
import type { Turns } from '../core/turns.ts'
import { createTurns } from '../core/turns.ts'
import { createPasswordChecker } from './check-password.ts'
import { createRecentKeys } from './recent-keys.ts'
import type { Scrypt } from './scrypt.ts'
import { scrypt as realScrypt } from './scrypt.ts'
import type { LoginVerdict, Users, Verification, VerifyLogin } from './types.ts'

export type VerifyLoginOptions = {
  /** Default: Node's, off the main thread. */
  readonly scrypt?: Scrypt
  /** Bounds verifications, from `createLoginTurns`; shared by all verifiers of a process. Default: its own. */
  readonly turns?: Turns
  /** Right logins that are remembered. Default 4096. */
  readonly remembered?: number
}

/** Verifications that run at the same time: each holds a thread and 16 MiB for some 60 ms. */
const AT_ONCE = 2

/** Verifications that wait beyond those. */
const WAITING_MAX = 128

/** A client that is alone gets all places: a verification is over soon, and the next place is another client's. */
const RATIO = AT_ONCE

const REMEMBERED = 4096

/** The turns of verifications: two at a time, 128 more wait, clients have theirs one after the other. */
export const createLoginTurns = (): Turns =>
  createTurns({ max: AT_ONCE, waitingMax: WAITING_MAX, ratio: RATIO })

// Names compare as bytes, so a mark at the beginning (U+FEFF) stays.
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

type Waiter = { readonly settle: (verdict: LoginVerdict) => void; left: boolean }

/** One verification, for all equal logins of one client. */
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

/** Calls back behind whatever runs now: nobody is answered before they have asked. */
const answer = (waiter: Waiter, verdict: LoginVerdict): void =>
  queueMicrotask(() => {
    if (!waiter.left) waiter.settle(verdict)
  })

/**
 * Makes the check of logins. A right login is remembered under a hash with a key that only this
 * verifier has, so scrypt is paid once, not per connection; equal logins of one client at the same time
 * share one verification. A wrong one leaves nothing behind. A reload makes a new verifier, which
 * remembers nothing. Clients have their turns one after the other: where too many logins wait, the client
 * with most of them loses its newest.
 *
 * @param users checked before: every hash in it is sound
 */
export const createVerifyLogin = (users: Users, options: VerifyLoginOptions = {}): VerifyLogin => {
  const { scrypt = realScrypt, turns = createLoginTurns() } = options
  const checker = createPasswordChecker(users, scrypt)
  const remembered = createRecentKeys(options.remembered ?? REMEMBERED)
  const jobs: NameTable<Job> = createNameTable()
  const secret = randomBytes(32)

  // The name's length goes in front: "ab" with "c" must not be "a" with "bc".
  const keyOf = ({ user, password }: Login): string =>
    createHmac('sha256', secret)
      .update(Uint8Array.of(user.length))
      .update(user)
      .update(password)
      .digest('base64')

  /** Only right logins are remembered, and a right login's name is the user's, byte for byte. */
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
    // The same login of another client may have been verified meanwhile.
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

  /** Takes a turn for a login that nobody of this client waits for yet. */
  const begin = (job: Job, client: string, login: Login, key: string): void => {
    jobs.add(job)
    const leaveTurn = turns.enter({
      client,
      run: () => run(job, login, key),
      refuse: () => end(job, CROWDED),
    })
    // It may be over before that returned.
    if (job.state === 'over') leaveTurn()
    else job.leaveTurn = leaveTurn
  }

  const leave = (job: Job, waiter: Waiter): void => {
    waiter.left = true
    job.waiters.delete(waiter)
    // One that runs cannot be ended, and keeps its turn.
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
