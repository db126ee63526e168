/** The GitHub Action and the pre-commit hook, as plain shell: no network, no runner. */
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { load } from 'js-yaml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHECKOUT, PORTOLAN } from './network.ts'

const read = (file: string): string => readFileSync(join(CHECKOUT, file), 'utf8')
const SCRIPT = join(CHECKOUT, 'scripts/action.sh')
const BROKEN =
  'apiVersion: v1\nkind: Service\nmetadata: { name: a }\nspec: { type: ExternalName, externalName: 192.0.2.1 }\n'
const WARNING = 'apiVersion: v1\nkind: Service\nmetadata: { name: b }\nspec: { ports: [{ port: 80 }] }\n'
const HEALTHY = BROKEN.replace('192.0.2.1', 'a.example.com').replace('name: a', 'name: c')

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'portolan-action-'))
  mkdirSync(join(folder, 'k8s'))
  const files = {
    'k8s/broken.yaml': BROKEN,
    'k8s/with blank.yaml': WARNING,
    'healthy.yaml': HEALTHY,
    'off.yaml': 'rules: { PTL112: off }\n',
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
})
afterAll(() => rmSync(folder, { recursive: true }))

interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

function action(environment: Readonly<Record<string, string>>, script = SCRIPT): Outcome {
  const { PATH = '' } = process.env
  return spawnSync('sh', [script], { cwd: folder, encoding: 'utf8', env: { PATH, ...environment } })
}

describe('scripts/action.sh', () => {
  test.each<readonly [string, number, Readonly<Record<string, string>>, RegExp]>([
    ['the whole checkout by default', 1, {}, /^::error file=k8s\/broken\.yaml,line=4,/],
    ['one file', 0, { PORTOLAN_FILES: 'healthy.yaml' }, /^$/],
    ['a pattern', 1, { PORTOLAN_FILES: 'k8s/b*.yaml' }, /^::error [^\n]*\n$/],
    ['several lines, with a blank in a name', 0, { PORTOLAN_FILES: 'healthy.yaml\nk8s/with blank.yaml\n' }, /PTL208/],
    ['strict', 1, { PORTOLAN_FILES: 'k8s/with blank.yaml', PORTOLAN_STRICT: 'true' }, /^::warning /],
    ['a configuration', 0, { PORTOLAN_FILES: 'k8s/broken.yaml', PORTOLAN_CONFIG: 'off.yaml' }, /^$/],
    ['a namespace', 1, { PORTOLAN_FILES: 'k8s/broken.yaml', PORTOLAN_NAMESPACE: 'shop' }, /Service shop\/a/],
    ['no such file', 2, { PORTOLAN_FILES: 'absent.yaml' }, /^$/],
    ['a name that looks like an option', 2, { PORTOLAN_FILES: '--fix' }, /^$/],
  ])('%s', (_, status, environment, stdout) => {
    const outcome = action(environment)
    expect(outcome).toMatchObject({ status, stdout: expect.stringMatching(stdout) })
  })

  test('writes SARIF beside the annotations, and the list into the summary', () => {
    const [sarif, summary] = [join(folder, 'out.sarif'), join(folder, 'summary.md')]
    const { status, stdout } = action({
      PORTOLAN_FILES: 'k8s',
      PORTOLAN_SARIF: sarif,
      GITHUB_STEP_SUMMARY: summary,
    })
    expect([status, stdout.match(/^::error /gm)?.length]).toEqual([1, 1])
    expect(JSON.parse(readFileSync(sarif, 'utf8')).runs[0].results).toHaveLength(2)
    expect(readFileSync(summary, 'utf8').match(/^## portolan check$/gm)).toHaveLength(1)
  })

  test('builds where the checkout has no built files, and says nothing on standard output', () => {
    const root = join(folder, 'action')
    mkdirSync(join(root, 'scripts'), { recursive: true })
    cpSync(SCRIPT, join(root, 'scripts/action.sh'))
    // In the place of npm, which would need the network.
    const programs = join(folder, 'bin')
    mkdirSync(programs)
    writeFileSync(
      join(programs, 'npm'),
      `#!/bin/sh\necho "npm $*"\ncase "$*" in *build*) mkdir -p dist/bundle/cli; echo 'console.log("::notice::" + process.argv.slice(2).join(" "))' >dist/bundle/cli/main.js;; esac\n`,
    )
    chmodSync(join(programs, 'npm'), 0o755)
    const { status, stdout, stderr } = action(
      { PATH: `${programs}:${process.env['PATH'] ?? ''}`, PORTOLAN_FILES: 'a.yaml' },
      join(root, 'scripts/action.sh'),
    )
    expect({ status, stdout }).toEqual({ status: 0, stdout: '::notice::check --format github -- a.yaml\n' })
    expect(stderr).toBe('npm ci --include=dev --include=optional --no-audit --no-fund\nnpm run --silent build\n')
  })
})

interface ActionFile {
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default: string }>>
  readonly runs: { readonly steps: readonly { readonly env: Readonly<Record<string, string>>; readonly run: string }[] }
}

describe('action.yml', () => {
  const { inputs, runs } = load(read('action.yml')) as ActionFile
  const [step] = runs.steps

  test('hands each input to the script, by the name that it reads', () => {
    const handed = Object.entries(step?.env ?? {})
    expect(handed.map(([, value]) => value)).toEqual(Object.keys(inputs).map((name) => `\${{ inputs.${name} }}`))
    const script = read('scripts/action.sh')
    expect(handed.filter(([variable]) => !script.includes(`\${${variable}:-`))).toEqual([])
  })

  test('puts no input into the text of a script, where it would be run', () => {
    expect(step?.run).not.toContain('inputs.')
  })

  test('runs a file that is there, and is described in docs/', () => {
    const [, path = ''] = /\$GITHUB_ACTION_PATH\/(\S+?)"/.exec(step?.run ?? '') ?? []
    expect(existsSync(join(CHECKOUT, path))).toBe(true)
    const page = read('docs/continuous-integration.md')
    expect(Object.keys(inputs).filter((name) => !page.includes(`\`${name}\``))).toEqual([])
  })
})

interface Hook {
  readonly id: string
  readonly entry: string
  readonly args: readonly string[]
  readonly files: string
  readonly pass_filenames: boolean
  readonly language: string
}

test('.pre-commit-hooks.yaml names a program of the package, and finds what is wrong in a folder', () => {
  const [hook] = load(read('.pre-commit-hooks.yaml')) as readonly Hook[]
  if (hook === undefined) throw new Error('there is no hook')
  const [program = '', ...words] = hook.entry.split(' ')
  expect(JSON.parse(read('package.json')).bin).toHaveProperty(program)
  expect([hook.language, hook.pass_filenames]).toEqual(['node', false])
  expect(['a.yaml', 'a.yml', 'a.json', 'a.md'].filter((name) => new RegExp(hook.files).test(name))).toHaveLength(3)
  const { status, stdout } = spawnSync(process.execPath, [PORTOLAN, ...words, ...hook.args], {
    cwd: folder,
    encoding: 'utf8',
  })
  expect(status).toBe(1)
  expect(stdout).toContain('k8s/broken.yaml:4:')
  expect(read('docs/continuous-integration.md')).toContain(`id: ${hook.id}`)
})
