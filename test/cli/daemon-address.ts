import t from 'tap'
import {
  adminToken,
  adminWritten,
  daemonAddresses,
  requireAdmin,
} from '../../src/cli/daemon-address.ts'
import { createFakeIo } from '../fixtures/cli-io.ts'

const io = (env: Record<string, string> = {}, text = '') =>
  createFakeIo({ env, readFile: () => Buffer.from(text) })

const FILE = 'admin: { listen: 127.0.0.1:9, token: of-file }'

t.test('the flag, the variable, the file', async t => {
  const args = { admin: '127.0.0.1:1', config: 'f' }
  t.match(await adminWritten(args, io({ EYEBALLD_ADMIN: '127.0.0.1:2' }, FILE)), {
    text: '127.0.0.1:1',
    where: '--admin',
  })
  t.match(await adminWritten({ config: 'f' }, io({ EYEBALLD_ADMIN: ' 127.0.0.1:2 ' }, FILE)), {
    text: '127.0.0.1:2',
    where: 'EYEBALLD_ADMIN',
  })
  t.match(await adminWritten({ config: 'f' }, io({}, FILE)), { where: 'f: admin.listen' })
  t.match(await adminWritten({}, io({ EYEBALLD_CONFIG: 'g' }, FILE)), { where: 'g: admin.listen' })
  t.equal(await adminWritten({ config: 'f' }, io({ EYEBALLD_ADMIN: 'off' }, FILE)), undefined)
  t.equal(await adminWritten({ config: 'f' }, io({}, 'admin: { listen: off }')), undefined)
  t.equal(await adminWritten({}, io()), undefined)
})

t.test('the token', async t => {
  t.equal(await adminToken({ config: 'f' }, io({ EYEBALLD_ADMIN_TOKEN: 'of-env' }, FILE)), 'of-env')
  t.equal(await adminToken({ config: 'f' }, io({}, FILE)), 'of-file')
  t.equal(await adminToken({ config: 'f' }, io({}, 'log: {}')), null)
  t.equal(await adminToken({}, io()), null)
  const noToken = { code: 'ERR_CONFIG', message: /^EYEBALLD_ADMIN_TOKEN: found a text of another/ }
  await t.rejects(adminToken({}, io({ EYEBALLD_ADMIN_TOKEN: 'two words' })), noToken)
  await t.rejects(adminToken({ config: 'f' }, io({}, 'admin: { token: "caf\u00e9" }')), {
    message: /^f: admin\.token: found a text of another form; allowed: 1 to 255 visible ASCII/,
  })
  const files: Readonly<Record<string, string>> = {
    '/etc/e.yaml': 'admin: { tokenFile: token }',
    '/etc/token': 'in-file\n',
  }
  const readFile = (path: string): Uint8Array => {
    const text = files[path]
    if (text === undefined) throw Object.assign(new Error('x'), { code: 'ENOENT' })
    return Buffer.from(text)
  }
  const withFiles = createFakeIo({ readFile })
  t.equal(await adminToken({ config: '/etc/e.yaml' }, withFiles), 'in-file')
  const lost = createFakeIo({ readFile: () => Buffer.from('admin: { tokenFile: /none }') })
  const broken = {
    ...lost,
    readFile: (path: string) => (path === 'f' ? lost.readFile(path) : readFile(path)),
  }
  await t.rejects(adminToken({ config: 'f' }, broken), {
    code: 'ERR_CONFIG',
    message: 'f: admin.tokenFile: /none cannot be read: there is no such file',
  })
})

t.test('a wildcard is reached by loopback', async t => {
  const at = (text: string) => daemonAddresses({ text, where: '--admin' })
  t.match(at('0.0.0.0:9000'), [{ host: '127.0.0.1', port: 9000 }])
  t.match(at('[::]:9000'), [{ host: '::1' }])
  t.match(at('9000'), [{ host: '127.0.0.1' }, { host: '::1' }])
  t.match(at('unix:/a'), [{ type: 'unix', path: '/a' }])
  t.throws(() => at('x'), { code: 'ERR_CONFIG', message: /^--admin: "x" is not/ })
  t.throws(() => at('127.0.0.1:0'), { code: 'ERR_CONFIG', message: /^--admin: found port 0/ })
})

t.test('a command that needs one says where it may be named', async t => {
  await t.rejects(requireAdmin({}, io()), { code: 'ERR_CONFIG', message: /^--admin: is missing/ })
  t.match(await requireAdmin({ config: 'f' }, io({}, FILE)), {
    addresses: [{ port: 9 }],
    token: 'of-file',
  })
})
