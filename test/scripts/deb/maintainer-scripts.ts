import t from 'tap'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sortUnits, withUnits } from '../../../scripts/deb/maintainer-scripts.ts'

const INSTALL = '[Install]\nWantedBy=x.target\n'
const TEXTS = new Map([
  ['b.service', INSTALL],
  ['b.socket', INSTALL],
  ['b@.service', INSTALL],
  ['helper.service', '[Service]\n'],
])

t.test('units with an [Install] section are enabled, a template is not', async t => {
  t.strictSame(sortUnits(TEXTS), {
    services: ['b.service'],
    sockets: ['b.socket'],
    templates: ['b@.service'],
  })
})

const fakes = mkdtempSync(join(tmpdir(), 'eyeballd-commands-'))
t.teardown(() => rmSync(fakes, { recursive: true }))

const read = (name: string): string =>
  readFileSync(new URL(`../../../packaging/deb/${name}`, import.meta.url), 'utf8')

const COMMANDS = ['deb-systemd-helper', 'deb-systemd-invoke', 'systemctl', 'rmdir']

/** Runs a maintainer script where the commands that it calls only print their names. */
const run = (name: string, args: readonly string[]) => {
  const units = { services: ['b.service'], sockets: ['b.socket'], templates: ['b@.service'] }
  const script = withUnits(read(name), units)
    .replaceAll('[ -d /run/systemd/system ]', 'true')
    .replaceAll(/(?<!-v \S+ )>\/dev\/null/g, '')
  const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', script, name, ...args], {
    encoding: 'utf8',
    env: { PATH: fakes },
  })
  return { status, said: `${stdout}${stderr}` }
}

for (const command of COMMANDS) {
  writeFileSync(join(fakes, command), '#!/bin/sh\necho "${0##*/}" "$@"\n', { mode: 0o755 })
}

t.test('an installation enables and starts, an upgrade leaves the socket open', async t => {
  const first = run('postinst', ['configure', ''])
  t.equal(first.status, 0)
  t.match(first.said, 'deb-systemd-helper enable b.service')
  t.match(first.said, 'deb-systemd-invoke start b.socket\ndeb-systemd-invoke start b.service')
  const later = run('postinst', ['configure', '0.1.0-1'])
  t.match(later.said, 'deb-systemd-invoke start b.socket\ndeb-systemd-invoke restart b.service')
  t.match(later.said, 'systemctl try-restart b@*.service')
  t.notMatch(later.said, /stop|restart b\.socket/)
  t.strictSame(run('prerm', ['upgrade', '0.2.0-1']), { status: 0, said: '' })
})

t.test('a removal stops all of it, and a purge forgets it', async t => {
  const { said } = run('prerm', ['remove'])
  t.match(said, 'deb-systemd-invoke stop b.socket b.service\nsystemctl stop b@*.service')
  t.match(run('postrm', ['remove']).said, 'deb-systemd-helper mask b.service')
  const purge = run('postrm', ['purge'])
  t.equal(purge.status, 0)
  t.match(purge.said, 'deb-systemd-helper purge b.service\ndeb-systemd-helper unmask b.service')
  t.match(purge.said, 'rmdir --ignore-fail-on-non-empty /etc/eyeballd')
  t.strictSame(run('postrm', ['upgrade', '0.2.0-1']), { status: 0, said: '' })
})

t.test('a script without systemd does nothing that fails', async t => {
  for (const [name, ...args] of [
    ['postinst', 'configure', ''],
    ['prerm', 'remove'],
    ['postrm', 'purge'],
  ] as const) {
    const script = withUnits(read(name), { services: ['b.service'], sockets: [], templates: [] })
      .replaceAll('/run/systemd/system', '/nonexistent')
      .replaceAll('deb-systemd-helper', 'no-such-command')
    const { status, stderr } = spawnSync('sh', ['-c', script, name, ...args], { encoding: 'utf8' })
    t.strictSame([status, stderr], [0, ''], name)
  }
})
