import t from 'tap'
import { javaOptions } from '../../../src/cli/run/java-options.ts'

const OPTIONS =
  '-Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort=4080 -Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=4080 ' +
  '-Dhttp.nonProxyHosts=localhost|127.*|[::1] -Daether.connector.http.useSystemProperties=true'

t.test('the properties of a proxy, behind those that are there', async t => {
  const proxy = { host: '127.0.0.1', port: 4080 }
  t.equal(javaOptions(proxy), OPTIONS)
  t.equal(javaOptions(proxy, '  '), OPTIONS)
  t.equal(
    javaOptions(proxy, '-Xmx1g -Dhttp.proxyHost=old '),
    `-Xmx1g -Dhttp.proxyHost=old ${OPTIONS}`,
  )
  t.match(javaOptions({ host: '::1', port: 1 }), '-Dhttp.proxyHost=::1 ')
})
