/**
 * A host without IPv6: the kernel gives it no IPv6 address, not even loopback. The default start must
 * work there. Left out without root.
 */
import { createInterface } from 'node:readline'
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { endChild, exitOf, own, within } from '../fixtures/children.ts'
import { COMPILED } from '../fixtures/compiled.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import { startLabTarget } from '../fixtures/lab-target.ts'
import { makeNamespace, removeLeftovers, run, whyNoNamespaces } from '../fixtures/namespaces.ts'
import { commandOf, startEyeballd } from '../fixtures/start-eyeballd.ts'

t.setTimeout(120_000)

const reason = whyNoNamespaces()
if (reason === undefined) removeLeftovers()

t.test('without IPv6', { skip: reason ?? false }, async t => {
  const host = makeNamespace(t, 'noipv6')
  const within6 = ['ip', 'netns', 'exec', host]
  run(
    `${within6.join(' ')} sysctl -q net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.lo.disable_ipv6=1`,
  )

  const eyeballd = await startEyeballd(t, { wrap: within6 })
  t.same(eyeballd.addresses, ['127.0.0.1:1080'], 'it listens on IPv4 alone, on the default port')
  const skipped = await eyeballd.waitFor(line => JSON.stringify(line).includes('[::1]:1080'))
  t.ok(skipped, `it says which address it left out: ${JSON.stringify(skipped)}`)

  await t.test('healthcheck', async t => {
    const [program, ...rest] = [...within6, ...commandOf(), 'healthcheck']
    const child = own(spawn(program, rest, { stdio: ['ignore', 'ignore', 'inherit'] }))
    t.teardown(() => endChild(child))
    t.equal((await within(10_000, 'healthcheck ends', exitOf(child))).code, 0)
  })

  await t.test('a target by IPv4', async t => {
    const target = await startLabTarget(t, host, 8080)
    const main = fileURLToPath(new URL('../fixtures/lab-ask-main.ts', import.meta.url))
    const command = [...within6, process.execPath, COMPILED, main]
    const [program, ...rest] = [...command, '127.0.0.1:1080', '127.0.0.1:8080', '[::1]:8080']
    const child = own(spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'] }))
    t.teardown(() => endChild(child))
    const answers: string[] = []
    createInterface(child.stdout).on('line', line => answers.push(line))
    t.equal((await within(20_000, 'the client ends', exitOf(child))).code, 0)
    t.same(answers, ['127.0.0.1:8080 0', '[::1]:8080 3'], 'IPv4 works, IPv6 has no route: 03')
    t.ok(await eventually(() => target.to('127.0.0.1').length > 0), 'the target was reached')
    t.equal(target.to('127.0.0.1').length, 1)
  })

  await eyeballd.stop(t)
})
