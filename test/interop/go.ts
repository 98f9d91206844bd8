/** Go's net/http through the default port, by the variables that it reads. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { httpOrigin } from '../fixtures/http-origin.ts'
import { httpsOrigin } from '../fixtures/https-origin.ts'
import { clientEnvironment, LOGIN, NAME, startMixedProxy } from '../fixtures/mixed-proxy.ts'
import { runProgram, unlessMissing } from '../fixtures/programs.ts'
import { temporaryDirectory } from '../fixtures/start-eyeballd.ts'

t.setTimeout(180_000)

/** Gets a URL twice by one client, and prints what came. */
const PROGRAM = `package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

func main() {
	client := &http.Client{Timeout: 10 * time.Second}
	for i := 0; i < 2; i++ {
		response, err := client.Get(os.Args[1])
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		body, err := io.ReadAll(response.Body)
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Print(response.StatusCode, " ", string(body))
	}
}
`

t.test('Go', { skip: unlessMissing('go') }, async t => {
  const directory = temporaryDirectory(t)
  const source = join(directory, 'main.go')
  const program = join(directory, 'fetch')
  writeFileSync(source, PROGRAM)
  const built = await runProgram(t, 'go', ['build', '-o', program, source], {
    env: { ...clientEnvironment(), GO111MODULE: 'off', GOFLAGS: undefined },
    // Its first build on a machine compiles the standard library.
    timeoutMs: 120_000,
  })
  t.equal(built.code, 0, built.stderr)

  const origin = await httpOrigin(t)
  const secure = await httpsOrigin(t)
  const proxy = await startMixedProxy(t)
  const httpUrl = `http://${NAME}:${origin.port}/a`
  const httpsUrl = `https://${NAME}:${secure.port}/a`
  const get = (url: string, variables: Readonly<Record<string, string>>) =>
    runProgram(t, program, [url], {
      env: clientEnvironment({ SSL_CERT_FILE: secure.certFile, ...variables }),
    })

  for (const [scheme, protocol] of [
    ['http', 'http'],
    ['socks5', 'socks5'],
  ] as const) {
    await t.test(`HTTPS_PROXY=${scheme}://...`, async t => {
      const { stdout } = await get(httpsUrl, { HTTPS_PROXY: `${scheme}://${proxy.plain}` })
      t.equal(stdout, '200 hello /a\n'.repeat(2))
      await proxy.raced(t, protocol, secure.port)
    })

    await t.test(`HTTP_PROXY=${scheme}://...`, async t => {
      const { stdout } = await get(httpUrl, { HTTP_PROXY: `${scheme}://${proxy.plain}` })
      t.equal(stdout, '200 hello from /a\n'.repeat(2))
      await proxy.raced(t, protocol, origin.port)
    })

    await t.test(`a login by ${scheme}, the right one and a wrong one`, async t => {
      const by = (password: string) =>
        get(httpsUrl, { HTTPS_PROXY: `${scheme}://${LOGIN.user}:${password}@${proxy.users}` })
      const good = await by(LOGIN.password)
      t.equal(good.stdout, '200 hello /a\n'.repeat(2))
      await proxy.raced(t, protocol, secure.port, { user: LOGIN.user })
      t.equal((await by('wrong')).code, 1)
      await proxy.refused(t, protocol, 'auth')
    })
  }
  await proxy.stop(t)
})
