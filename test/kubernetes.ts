/** The manifests in kubernetes/, as Kustomize renders them. */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { parseAllDocuments } from 'yaml'
import { parseConfig } from '../src/config/parse.ts'
import type { Config } from '../src/config/types.ts'
import { parseDuration } from '../src/core/duration.ts'
import { findProgram, unlessMissing } from './fixtures/programs.ts'
import { temporaryDirectory } from './fixtures/start-eyeballd.ts'

const root = fileURLToPath(new URL('../', import.meta.url))
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

const { version } = JSON.parse(read('package.json')) as { version: string }
const IMAGE = `registry.example.com/eyeballd:${version}`
const [, imageUser] = /^USER (\d+):\d+$/m.exec(read('Dockerfile')) ?? []

/** The folders that `kubectl apply -k` is given. */
const FORMS = ['gateway', 'deployment', 'sidecar'] as const

/** Where kubernetes-types has the types of a group and version. */
const MODULES: Readonly<Record<string, string>> = {
  v1: 'core/v1',
  'apps/v1': 'apps/v1',
  'autoscaling/v2': 'autoscaling/v2',
  'networking.k8s.io/v1': 'networking/v1',
  'policy/v1': 'policy/v1',
}

type Labels = Readonly<Record<string, string>>
type Probe = {
  readonly httpGet?: { readonly path: string; readonly port: string }
  readonly exec?: { readonly command: readonly string[] }
}
type SecurityContext = {
  readonly runAsNonRoot?: boolean
  readonly runAsUser?: number
  readonly seccompProfile?: { readonly type: string }
  readonly allowPrivilegeEscalation?: boolean
  readonly readOnlyRootFilesystem?: boolean
  readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] }
}
type Container = {
  readonly name: string
  readonly image: string
  readonly restartPolicy?: string
  readonly env?: readonly { readonly name: string; readonly value: string }[]
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[]
  readonly startupProbe?: Probe
  readonly readinessProbe?: Probe
  readonly livenessProbe?: Probe
  readonly securityContext?: SecurityContext
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[]
  readonly resources?: {
    readonly requests?: object
    readonly limits?: { readonly memory?: string }
  }
}
type Volume = {
  readonly name: string
  readonly secret?: { readonly secretName: string }
  readonly configMap?: { readonly name: string }
}
type PodSpec = {
  readonly terminationGracePeriodSeconds?: number
  readonly automountServiceAccountToken?: boolean
  readonly securityContext?: SecurityContext
  readonly serviceAccountName?: string
  readonly initContainers?: readonly Container[]
  readonly containers: readonly Container[]
  readonly volumes?: readonly Volume[]
  readonly hostNetwork?: boolean
}
type Resource = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Labels
  }
  readonly data?: Readonly<Record<string, string>>
  readonly spec?: Record<string, unknown> & {
    readonly selector?: Labels & { readonly matchLabels?: Labels }
    readonly template?: { readonly metadata: { readonly labels: Labels }; readonly spec: PodSpec }
    readonly ports?: readonly { readonly port: number; readonly targetPort: string }[]
  }
}

const render = (form: string): readonly Resource[] => {
  const kubectl = findProgram('kubectl') ?? ''
  const folder = join(root, 'kubernetes', form)
  const { status, stdout, stderr } = spawnSync(kubectl, ['kustomize', folder], { encoding: 'utf8' })
  if (status !== 0 || stderr !== '') throw new Error(`kubectl kustomize ${form}: ${stderr}`)
  // Kubernetes reads YAML 1.1.
  return parseAllDocuments(stdout, { version: '1.1' }).map(each => each.toJS() as Resource)
}

const skip = unlessMissing('kubectl')
const rendered: ReadonlyMap<string, readonly Resource[]> = new Map(
  skip === false ? FORMS.map(form => [form, render(form)]) : [],
)

const ofKind = (form: string, ...kinds: readonly string[]): Resource[] =>
  (rendered.get(form) ?? []).filter(({ kind }) => kinds.includes(kind))

/** The pods of a form, with the labels that they get. */
const podsOf = (form: string) =>
  ofKind(form, 'Deployment', 'DaemonSet').flatMap(({ spec, metadata }) =>
    spec?.template
      ? [
          {
            ...metadata,
            selector: spec.selector,
            labels: spec.template.metadata.labels,
            pod: spec.template.spec,
          },
        ]
      : [],
  )

const allContainers = ({ initContainers = [], containers }: PodSpec): readonly Container[] => [
  ...initContainers,
  ...containers,
]

const isWithin = (selector: Labels, labels: Labels): boolean =>
  Object.entries(selector).every(([name, value]) => labels[name] === value)

/** eyeballd of a form, its pod, and the configuration that it gets. */
const eyeballdOf = (form: string): { pod: PodSpec; container: Container; config: Config } => {
  const [found] = podsOf(form).flatMap(({ pod }) =>
    allContainers(pod)
      .filter(({ name }) => name === 'eyeballd')
      .map(container => ({ pod, container })),
  )
  if (!found) throw new Error(`${form}: no container eyeballd`)
  const { pod, container } = found
  const path = container.env?.find(({ name }) => name === 'EYEBALLD_CONFIG')?.value ?? ''
  const mount = container.volumeMounts?.find(each => each.mountPath === posix.dirname(path))
  const volume = pod.volumes?.find(({ name }) => name === mount?.name)
  const name = volume?.configMap?.name
  const source = ofKind(form, 'ConfigMap').find(each => each.metadata.name === name)
  const text = source?.data?.[posix.basename(path)] ?? ''
  /** The secret that a path leads to. */
  const readSecret = (file: string): string => {
    const mounted = container.volumeMounts?.find(each => each.mountPath === posix.dirname(file))
    const secret = pod.volumes?.find(({ name: each }) => each === mounted?.name)?.secret?.secretName
    const holder = ofKind(form, 'Secret').find(({ metadata }) => metadata.name === secret)
    return Buffer.from(holder?.data?.[posix.basename(file)] ?? '', 'base64').toString()
  }
  return {
    pod,
    container,
    config: parseConfig(text, `${form}: ${path}`, {
      mayBeEmpty: false,
      readUsersFile: readSecret,
    }),
  }
}

const findTypes = (): string | undefined => {
  try {
    return dirname(createRequire(import.meta.url).resolve('kubernetes-types/package.json'))
  } catch {
    return undefined
  }
}

const types = findTypes()
const skipTypes =
  skip || (types === undefined && 'not installed here: the package kubernetes-types')

t.test('every resource fits its schema, without unknown keys', { skip: skipTypes }, async t => {
  const directory = temporaryDirectory(t)
  const lines = [...rendered].flatMap(([form, resources]) =>
    resources.map((resource, i) => {
      const { apiVersion, kind } = resource
      const type = `import('kubernetes-types/${MODULES[apiVersion] ?? apiVersion}').${kind}`
      return `export const ${form}${i}: ${type} = ${JSON.stringify(resource)}`
    }),
  )
  t.ok(lines.length >= 12, 'there are resources')
  const [deployment] = ofKind('deployment', 'Deployment')
  const misspelt = JSON.stringify(deployment).replace('readinessProbe', 'redinessProbe')
  const wrong = [
    '// @ts-expect-error: a key that does not exist',
    `export const wrong: import('kubernetes-types/apps/v1').Deployment = ${misspelt}`,
  ]
  writeFileSync(join(directory, 'resources.ts'), [...lines, ...wrong].join('\n'))
  const compilerOptions = {
    strict: true,
    noEmit: true,
    module: 'nodenext',
    types: [],
    paths: { 'kubernetes-types/*': [`${types}/*.d.ts`] },
  }
  writeFileSync(
    join(directory, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: ['resources.ts'] }),
  )
  const manifest = createRequire(import.meta.url).resolve('typescript/package.json')
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: { tsc: string } }
  const compiler = join(dirname(manifest), bin.tsc)
  const { stdout } = spawnSync(process.execPath, [compiler, '-p', directory], { encoding: 'utf8' })
  t.equal(stdout, '')
})

t.test('the profile "restricted" of Pod Security', { skip }, async t => {
  for (const form of FORMS) {
    for (const { pod } of podsOf(form)) {
      t.not(pod.hostNetwork, true)
      t.equal(pod.automountServiceAccountToken, false, `${form}: no token of Kubernetes`)
      for (const { name, securityContext: own, resources, volumeMounts } of allContainers(pod)) {
        const context = { ...pod.securityContext, ...own }
        t.match(
          context,
          {
            runAsNonRoot: true,
            seccompProfile: { type: 'RuntimeDefault' },
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          `${form}: ${name}`,
        )
        t.equal(context.capabilities?.add, undefined)
        t.ok(resources?.requests && resources.limits?.memory, `${form}: ${name} has resources`)
        const volumes = pod.volumes?.map(volume => volume.name) ?? []
        for (const mount of volumeMounts ?? []) t.ok(volumes.includes(mount.name), mount.name)
      }
    }
  }
})

t.test('the image, its user and its configuration', { skip }, async t => {
  for (const form of FORMS) {
    const { pod, container, config } = eyeballdOf(form)
    t.equal(container.image, IMAGE, form)
    const user = container.securityContext?.runAsUser ?? pod.securityContext?.runAsUser
    t.equal(String(user), imageUser, form)
    t.equal(config.watch, true, `${form}: a change is applied`)
    const { terminationGracePeriodSeconds: graceSeconds = 30 } = pod
    const drainMs = config.drainDelayMs + config.drainTimeoutMs
    t.ok(graceSeconds * 1000 > drainMs, `${form}: drained within the grace period`)
    for (const each of rendered.get(form) ?? []) {
      if (each.kind === 'Namespace' || form === 'sidecar') continue
      t.equal(each.metadata.namespace, 'eyeballd', `${form}: ${each.kind}`)
    }
  }
})

t.test('probes reach eyeballd', { skip }, async t => {
  for (const form of FORMS) {
    const { container, config } = eyeballdOf(form)
    const { startupProbe, readinessProbe, livenessProbe, ports, env = [] } = container
    const probes = [startupProbe, readinessProbe, livenessProbe]
    if (form === 'sidecar') {
      const command = ['eyeballd', 'healthcheck']
      t.match(probes, [{ exec: { command } }, { exec: { command } }, { exec: { command } }])
      t.equal(container.restartPolicy, 'Always', 'a native sidecar')
      // The image's own EYEBALLD_ADMIN, a UNIX socket in a folder that can be written to.
      t.notOk(env.some(({ name }) => name === 'EYEBALLD_ADMIN'))
      t.ok(container.volumeMounts?.some(({ mountPath }) => mountPath === '/run/eyeballd'))
      for (const address of config.listeners.flatMap(({ listen }) => listen))
        t.match(address, { host: /^(?:127\.0\.0\.1|::1)$/ })
      continue
    }
    t.match(
      probes.map(probe => probe?.httpGet?.path),
      ['/readyz', '/readyz', '/healthz'],
    )
    t.ok(env.some(({ name, value }) => name === 'EYEBALLD_ADMIN' && value === ''))
    const portOf = (name: string) => ports?.find(each => each.name === name)?.containerPort
    for (const probe of probes) t.equal(portOf(probe?.httpGet?.port ?? ''), 9000)
    t.equal(config.admin.token, 'CHANGE-ME', 'of the Secret')
    t.match(config.admin.listen, [{ port: portOf('admin') }])
    const [listener] = config.listeners
    for (const address of listener?.listen ?? []) t.match(address, { port: portOf('proxy') })
    t.ok((listener?.clients?.length ?? 0) > 0, `${form}: no open proxy`)
    t.ok(config.drainDelayMs >= parseDuration('5s'), 'endpoints are removed before it closes')
  }
})

t.test('what names another resource names one that is there', { skip }, async t => {
  for (const form of FORMS) {
    const pods = podsOf(form)
    for (const { selector, labels, name } of pods)
      t.ok(selector?.matchLabels && isWithin(selector.matchLabels, labels), `${form}: ${name}`)
    for (const { spec } of ofKind(form, 'Service')) {
      const chosen = pods.filter(({ labels }) => isWithin(spec?.selector ?? {}, labels))
      t.equal(chosen.length, 1, `${form}: the service finds its pods`)
      const names = chosen
        .flatMap(({ pod }) => allContainers(pod))
        .flatMap(each => each.ports ?? [])
      for (const { targetPort } of spec?.ports ?? [])
        t.ok(
          names.some(port => port.name === targetPort),
          `${form}: port ${targetPort}`,
        )
    }
    for (const { spec, kind } of ofKind(form, 'PodDisruptionBudget')) {
      const { matchLabels = {} } = spec?.selector ?? {}
      t.ok(Object.keys(matchLabels).length > 0, kind)
      t.ok(
        pods.some(({ labels }) => isWithin(matchLabels, labels)),
        kind,
      )
    }
    for (const { pod } of pods) {
      if (pod.serviceAccountName === undefined) continue
      const [account] = ofKind(form, 'ServiceAccount')
      t.equal(account?.metadata.name, pod.serviceAccountName, `${form}: the account`)
    }
    for (const { spec } of ofKind(form, 'NetworkPolicy')) {
      const text = JSON.stringify(spec)
      for (const name of ['proxy', 'admin']) t.match(text, `"port":"${name}"`)
    }
  }
})

t.test('each form has what it is made of', { skip }, async t => {
  const kinds = (form: string) => (rendered.get(form) ?? []).map(({ kind }) => kind).toSorted()
  const base = ['ConfigMap', 'Namespace', 'NetworkPolicy', 'Secret', 'Service', 'ServiceAccount']
  t.same(kinds('gateway'), ['DaemonSet', ...base].toSorted())
  t.same(
    kinds('deployment'),
    ['Deployment', 'HorizontalPodAutoscaler', 'PodDisruptionBudget', ...base].toSorted(),
  )
  t.same(kinds('sidecar'), ['ConfigMap', 'Deployment'])
  t.match(ofKind('gateway', 'Service'), [{ spec: { internalTrafficPolicy: 'Local' } }])
  t.match(ofKind('gateway', 'DaemonSet'), [
    { spec: { updateStrategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } } },
  ])
  const [autoscaler] = ofKind('deployment', 'HorizontalPodAutoscaler')
  t.match(autoscaler?.spec, {
    scaleTargetRef: {
      kind: 'Deployment',
      name: ofKind('deployment', 'Deployment')[0]?.metadata.name,
    },
    metrics: [{ pods: { metric: { name: 'eyeballd_connections_active' } } }],
  })
  const [deployment] = ofKind('deployment', 'Deployment')
  t.notOk('replicas' in (deployment?.spec ?? {}), 'the autoscaler sets it')
  for (const { metadata } of ofKind('gateway', 'Namespace'))
    t.equal(metadata.labels?.['pod-security.kubernetes.io/enforce'], 'restricted')
})
