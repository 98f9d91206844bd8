/** proxychains4 puts the proxy under a program that knows nothing of it. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { httpOrigin } from '../fixtures/http-origin.ts'
import { findProgram, runProgram, unlessMissing } from '../fixtures/programs.ts'
import { startEyeballd, temporaryDirectory } from '../fixtures/start-eyeballd.ts'

t.setTimeout(120_000)

t.test('proxychains4', { skip: unlessMissing('proxychains4', 'curl') }, async t => {
  const origin = await httpOrigin(t)
  const eyeballd = await startEyeballd(t, {
    config: {
      listeners: [
        { name: 'plain', protocol: 'socks', listen: '127.0.0.1:0' },
        {
          name: 'users',
          protocol: 'socks',
          listen: '127.0.0.1:0',
          auth: { users: { alice: 'sesame' } },
        },
      ],
      resolver: { search: [], hosts: { 'www.example.com': '127.0.0.1' } },
    },
  })
  const chain = (listener: string, login = ''): string => {
    const path = join(temporaryDirectory(t), 'proxychains.conf')
    const proxy = `socks5 127.0.0.1 ${eyeballd.address(listener).port} ${login}`
    writeFileSync(path, `strict_chain\nproxy_dns\n[ProxyList]\n${proxy}\n`)
    return path
  }
  const curl = (config: string, path: string) =>
    runProgram(t, 'proxychains4', [
      '-q',
      '-f',
      config,
      findProgram('curl') ?? '',
      '-sS',
      '--max-time',
      '10',
      `http://www.example.com:${origin.port}${path}`,
    ])

  const plain = await curl(chain('plain'), '/plain')
  t.equal(plain.stdout, 'hello from /plain\n', plain.stderr)
  const user = await curl(chain('users', 'alice sesame'), '/user')
  t.equal(user.stdout, 'hello from /user\n', user.stderr)
  await eyeballd.waitFor(({ event, user: name }) => event === 'race' && name === 'alice')
  t.same(
    eyeballd.linesOf('race').map(({ target, user: name }) => [target, name]),
    [
      [`www.example.com:${origin.port}`, null],
      [`www.example.com:${origin.port}`, 'alice'],
    ],
    'the proxy looked the names up',
  )
  await eyeballd.stop(t)
})
