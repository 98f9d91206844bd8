import { createHash } from 'node:crypto'
import { codeOf } from '../core/fail.ts'
import type { AdminAnswer, AdminRequest, AdminRoute, AdminRoutes } from './routes.ts'

/** The files of the dashboard, which the build puts beside the program: path, name, and Content-Type. */
const FILES = [
  ['/', 'index.html', 'text/html; charset=utf-8'],
  ['/app.js', 'app.js', 'text/javascript; charset=utf-8'],
  ['/app.css', 'app.css', 'text/css; charset=utf-8'],
] as const

/** The page loads nothing from elsewhere, runs no script of its text, and is shown in no frame. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  'img-src data:',
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const NO_PAGE: AdminAnswer = {
  status: 404,
  text: 'this build has no dashboard; /status and /races have the same in JSON',
}

/**
 * The routes of the dashboard's files. They are public, because they hold no secret: the page asks for the
 * token, and reads the data with it.
 *
 * @param read reads a file of the build; rejects with ENOENT if it has none of that name
 */
export const createPageRoutes = (read: (name: string) => Promise<Uint8Array>): AdminRoutes =>
  new Map(
    FILES.map(([path, name, type]): [string, AdminRoute] => [
      path,
      {
        isPublic: true,
        isPage: true,
        answer: async ({ headers }: AdminRequest) => {
          let bytes: Uint8Array
          try {
            bytes = await read(name)
          } catch (error) {
            if (codeOf(error) === 'ENOENT') return NO_PAGE
            throw error
          }
          const tag = `"${createHash('sha256').update(bytes).digest('base64url')}"`
          const own = {
            'Content-Security-Policy': POLICY,
            'Cache-Control': 'no-cache',
            ETag: tag,
          }
          return headers['if-none-match'] === tag
            ? { status: 304, type, headers: own, bytes: new Uint8Array(0) }
            : { status: 200, type, headers: own, bytes }
        },
      },
    ]),
  )
