import type { LoginVerdict, VerifyLogin } from '../auth/create-verify-login.ts'
import type { Bans } from './bans.ts'

const banned = (message: string): LoginVerdict => ({ ok: false, code: 'banned', message })

/**
 * Counts wrong logins, and lets a banned client learn nothing about a password: a login that arrives during a
 * ban is not checked, and the verdict about one that was being checked when the ban began is withheld.
 */
export const guardLogins =
  (verify: VerifyLogin, bans: Pick<Bans, 'refusal' | 'failed'>): VerifyLogin =>
  (login, client, settle) => {
    const refusal = bans.refusal(client)
    if (refusal !== null) {
      let left = false
      queueMicrotask(() => {
        if (!left) settle(banned(refusal))
      })
      return { leave: () => void (left = true), isWaiting: () => false }
    }
    return verify(login, client, verdict => {
      const late = bans.refusal(client)
      if (late !== null) return settle(banned(late))
      if (!verdict.ok && verdict.code === 'wrong') bans.failed(client)
      settle(verdict)
    })
  }
