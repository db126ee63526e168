/** The shape of the code, as ARCHITECTURE.md tells it. What breaks a rule is printed with the rule's reason. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadedWith, ROOT, sourceFiles, type SourceFile } from './source-files.ts'

interface Layer {
  /** Folders of src/ that it may import besides itself. */
  readonly imports: readonly string[]
  /** No Node, no clock, no chance. */
  readonly pure: boolean
  readonly reason: string
}

const CENTRE = ['lib', 'api', 'model']
const PARTS = 'nft manifest store controllers proxy dns explain host apiserver kubelet remote'.split(' ')

/** From the bottom up. */
const LAYERS: Readonly<Record<string, Layer>> = {
  lib: { imports: [], pure: true, reason: 'what any program could use: no Kubernetes word in it' },
  api: { imports: ['lib'], pure: true, reason: 'objects as they are on the wire, whoever handles them' },
  nft: { imports: ['lib'], pure: true, reason: 'nftables as data: what the rules are for is decided in proxy' },
  manifest: {
    imports: ['lib', 'api'],
    pure: true,
    reason: 'text to objects with their lines: what they mean is not its business',
  },
  model: { imports: ['lib', 'api'], pure: true, reason: 'what the objects mean: a function of a Snapshot' },
  store: { imports: CENTRE, pure: true, reason: 'the one thing that changes: it knows nobody who changes it' },
  controllers: {
    imports: CENTRE,
    pure: true,
    reason: 'a snapshot in, wanted changes out: somebody else writes them to the store',
  },
  proxy: {
    imports: [...CENTRE, 'nft'],
    pure: true,
    reason: 'Services in, rules out: applying them is the work of cluster',
  },
  dns: { imports: CENTRE, pure: true, reason: 'a question and a snapshot in, an answer out: sockets are in cluster' },
  explain: {
    imports: [...CENTRE, 'nft', 'manifest', 'proxy', 'dns'],
    pure: true,
    reason: 'a snapshot in, plain records out: it runs in a browser too',
  },
  host: { imports: ['lib'], pure: false, reason: 'the one door to the machine: it does not know what it is used for' },
  apiserver: {
    imports: [...CENTRE, 'store', 'host'],
    pure: false,
    reason: 'what the API takes and refuses: who runs Pods is not its business',
  },
  kubelet: {
    imports: [...CENTRE, 'store', 'host'],
    pure: false,
    reason: 'Pods on one node: it is told which, and reports their status',
  },
  remote: {
    imports: [...CENTRE, 'manifest'],
    pure: false,
    reason: 'another API server as a Snapshot: what is done with it is not its business',
  },
  cluster: {
    imports: [...CENTRE, ...PARTS],
    pure: false,
    reason: 'the wiring of all parts: nothing below knows the whole',
  },
  cli: {
    imports: [...CENTRE, 'cluster', 'explain', 'manifest', 'host'],
    pure: false,
    reason: 'arguments and streams: it talks to a network through cluster alone',
  },
}

interface Dependency {
  readonly name: RegExp
  /** Folders of src/ that may import it. */
  readonly folders: readonly string[]
  readonly reason: string
}

/** Every package that is there at run time. */
const DEPENDENCIES: readonly Dependency[] = [
  { name: /^commander$/, folders: ['cli'], reason: 'options, help and suggestions of the command line' },
  {
    name: /^ws$/,
    folders: ['apiserver'],
    reason: 'WebSocket with subprotocols and backpressure, which exec and port-forward use; loaded with the API server',
  },
  {
    name: /^node-sqlite3-wasm$/,
    folders: ['cluster'],
    reason:
      'SQLite for --state: one file of 1.3 MB, no install script, no compiler, every platform; loaded with --state alone',
  },
  { name: /^js-yaml$/, folders: ['manifest'], reason: 'the fastest YAML parser measured that gives offsets' },
  {
    name: /^@koromix\/koffi-linux-(x64|arm64)$/,
    folders: ['host'],
    reason: 'system calls that Node lacks: setns, netlink, splice; prebuilt, without an install script',
  },
]

/** Packages whose types alone are used. */
const TYPES_ONLY: Readonly<Record<string, string>> = { koffi: 'host' }

/** Programs that must stay small, and what is never loaded with them. */
const PROGRAMS: readonly { readonly file: string; readonly without: RegExp; readonly reason: string }[] = [
  {
    file: 'src/cluster/engine.ts',
    without: /^(commander|js-yaml|src\/(cli|manifest|explain)\/.*)$/,
    reason: 'the front reads the manifests while the engine starts: the engine gets objects',
  },
  {
    file: 'src/kubelet/stand-in/main.ts',
    without: /^(?!node:|src\/(kubelet\/stand-in|host|lib)\/)/,
    reason: 'one process serves all stand-ins: what it loads is paid in memory and time by every network',
  },
  {
    file: 'src/host/relay-worker.ts',
    without: /^(?!node:|src\/(host|lib)\/)/,
    reason: 'a thread with a heap of its own',
  },
  {
    file: 'src/cli/commands/status.ts',
    without: /^(js-yaml|src\/(manifest|apiserver|host)\/.*)$/,
    reason: 'a command about a running network asks it over its socket',
  },
]

/** Folders where a thing is one file and one line in index.ts, and the files there that are no such thing. */
const REGISTERED: Readonly<Record<string, readonly string[]>> = {
  'src/apiserver/resources': ['strategy.ts'],
  'src/cli/commands': [],
  'src/controllers': ['controller.ts', 'fixed-point.ts'],
  'src/explain/check/rules': [],
  'src/proxy/backends': [],
}

/** Who starts processes, and which: nothing else that is installed is needed at run time. */
const STARTERS: Readonly<Record<string, string>> = {
  'src/cli/merge-kubeconfigs.ts': 'kubectl, which merges its own files, for kubeconfig --merge',
  'src/cli/up/detach.ts': 'this program, in a session of its own',
  'src/cluster/pods/commands.ts': "unshare with a user's program beside a container, for kubectl exec",
  'src/cluster/trace/rule-text.ts': 'nft, where it is there, for the text of a rule that is not ours',
  'src/host/engine-process.ts': 'unshare with the engine, newuidmap and newgidmap where they are there',
  'src/host/machine.ts': 'unshare and nsenter, to try them',
  'src/host/run-inside.ts': "nsenter with the user's program",
  'src/kubelet/execute-beside.ts': 'nsenter with a command beside a host program, for exec probes and hooks',
  'src/kubelet/host-program.ts': "unshare with the user's program",
  'src/kubelet/stand-in-channel.ts': 'the process of all stand-ins',
}

const isTest = ({ path }: SourceFile): boolean => path.endsWith('.test.ts')
const sources = sourceFiles('src').filter((file) => !isTest(file))
const byPath = new Map(sources.map((file) => [file.path, file]))
const folderOf = (path: string): string => path.split('/')[1] ?? ''
const packageFile = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'))

describe('layers', () => {
  test('every folder of src/ is a layer', () => {
    expect([...new Set(sources.map(({ path }) => folderOf(path)))].toSorted()).toEqual(Object.keys(LAYERS).toSorted())
  })

  test.each(Object.entries(LAYERS))('%s imports only what it may', (name, layer) => {
    const allowed = new Set([name, ...layer.imports])
    const broken = inFolder(name).flatMap(({ path, imports }) =>
      imports
        .filter(({ file }) => file !== undefined && !(file.startsWith('src/') && allowed.has(folderOf(file))))
        .map(({ specifier }) => `${path} imports ${specifier}: ${name} is ${layer.reason}`),
    )
    expect(broken).toEqual([])
  })

  test('a layer stands above all that it imports', () => {
    const order = Object.keys(LAYERS)
    const upward = Object.entries(LAYERS).flatMap(([name, { imports }]) =>
      imports.filter((other) => order.indexOf(other) >= order.indexOf(name)).map((other) => `${name} imports ${other}`),
    )
    expect(upward).toEqual([])
  })

  test('what is imported exists', () => {
    const missing = sources.flatMap(({ path, imports }) =>
      imports.filter(({ file }) => file !== undefined && !byPath.has(file)).map(({ file }) => `${path}: ${file}`),
    )
    expect(missing).toEqual([])
  })
})

describe('the pure folders', () => {
  const pure = Object.keys(LAYERS).filter((name) => LAYERS[name]?.pure)

  test('have no Node', () => {
    const broken = pure
      .flatMap(inFolder)
      .flatMap(({ path, imports }) =>
        imports
          .filter(({ specifier }) => specifier.startsWith('node:'))
          .map(({ specifier }) => `${path} imports ${specifier}: the centre gets values and returns values`),
      )
    expect(broken).toEqual([])
  })

  test('have no clock and no chance', () => {
    const impure = /\b(?:Date\.now\(|new Date\(\)|Math\.random\(|performance\.|globalThis\b)/
    const broken = pure.flatMap(inFolder).filter(({ text }) => impure.test(text))
    expect(
      broken.map(({ path }) => `${path}: time and chance are arguments, so that the same input gives the same`),
    ).toEqual([])
  })

  test('are those that compile without the types of Node', () => {
    const core = JSON.parse(readFileSync(`${ROOT}tsconfig.core.json`, 'utf8'))
    expect(core.compilerOptions.types).toEqual([])
    expect(core.include).toEqual(pure.map((name) => `src/${name}`))
  })
})

test('no import cycle between values', () => {
  const cycles = sources.filter(({ path, imports }) =>
    imports.some(({ file, typeOnly }) => !typeOnly && file !== undefined && loadedWith(file, byPath).has(path)),
  )
  expect(cycles.map(({ path }) => `${path}: part of a cycle, so that who is loaded first decides what works`)).toEqual(
    [],
  )
})

describe('dependencies', () => {
  const declared = Object.keys({ ...packageFile.dependencies, ...packageFile.optionalDependencies })

  test('are those listed here, each with its reason', () => {
    const unlisted = declared.filter((name) => !DEPENDENCIES.some((dependency) => dependency.name.test(name)))
    const unused = DEPENDENCIES.filter(({ name }) => !declared.some((other) => name.test(other)))
    expect({ unlisted, unused }).toEqual({ unlisted: [], unused: [] })
  })

  test('have exact versions', () => {
    const versions = Object.entries<string>({
      ...packageFile.dependencies,
      ...packageFile.optionalDependencies,
      ...packageFile.devDependencies,
    })
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))).toEqual([])
  })

  test('are imported only by the folders that need them', () => {
    const broken = sources.flatMap((source) =>
      source.imports
        .filter(({ file, specifier }) => file === undefined && !specifier.startsWith('node:'))
        .filter(({ specifier, typeOnly }) => !mayImport(folderOf(source.path), specifier, typeOnly))
        .map(({ specifier }) => `${source.path} imports ${specifier}: see DEPENDENCIES for who may, and why`),
    )
    expect(broken).toEqual([])
  })

  test('are required by name where the package is chosen for this machine, or cannot be in a bundle', () => {
    const requiring = sources.filter(({ text }) => /\bcreateRequire\(|\brequire\(/.test(text))
    expect(requiring.map(({ path }) => path)).toEqual([
      'src/cluster/state/state-file.ts',
      'src/host/libc.ts',
      'src/host/machine.ts',
    ])
  })

  test.each(PROGRAMS)('$file stays light', ({ file, without, reason }) => {
    const loaded = [...loadedWith(file, byPath)]
    expect(loaded.length).toBeGreaterThan(1)
    expect(
      loaded.filter((path) => path !== file && without.test(path)),
      reason,
    ).toEqual([])
  })
})

const registries = Object.entries(REGISTERED).filter(([folder]) => existsSync(`${ROOT}${folder}`))

test.each(registries)('every file in %s is one line in its index.ts', (folder, others) => {
  const beside = sources.map(({ path }) => path).filter((path) => dirname(path) === folder)
  const things = beside.filter((path) => !['index.ts', ...others].includes(basename(path)))
  expect(things.length).toBeGreaterThan(0)
  const imports = byPath.get(`${folder}/index.ts`)?.imports.filter(({ typeOnly }) => !typeOnly) ?? []
  expect(imports.flatMap(({ file }) => (file !== undefined && beside.includes(file) ? [file] : [])).toSorted()).toEqual(
    things,
  )
})

test('processes are started where it is said, and nowhere else', () => {
  const starting = sources.filter(({ text }) =>
    /\b(?:spawn|spawnSync|execFile|execFileSync|exec|fork)\('|\bspawn(?:Sync)?\(/.test(text),
  )
  expect(starting.map(({ path }) => path)).toEqual(Object.keys(STARTERS))
})

test('nothing refers to what is not in the repository', () => {
  const tracked = execFileSync('git', ['-c', 'safe.directory=*', 'ls-files', '-co', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  const files = tracked
    .split('\n')
    .filter((path) => /\.(ts|mjs|js|json|jsonl|md|ya?ml)$/.test(path) && existsSync(`${ROOT}${path}`))
  const outside = new RegExp(['(\\.\\.|/work)', 'shared\\b'].join('/'))
  expect(files.length).toBeGreaterThan(100)
  expect(files.filter((path) => outside.test(readFileSync(`${ROOT}${path}`, 'utf8')))).toEqual([])
})

function inFolder(name: string): readonly SourceFile[] {
  return sources.filter(({ path }) => folderOf(path) === name)
}

function mayImport(folder: string, specifier: string, typeOnly: boolean): boolean {
  if (typeOnly && TYPES_ONLY[specifier] === folder) return true
  return DEPENDENCIES.some(({ name, folders }) => name.test(specifier) && folders.includes(folder))
}
