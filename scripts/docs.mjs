// Writes docs/commands/ from the program itself: one page a command, and the list of them. What stands below a page's
// marker is written by hand and kept. With --check it writes nothing, and fails where a page is out of date.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createProgram } from '../dist/cli/run.js'

const folder = fileURLToPath(new URL('../docs/commands', import.meta.url))
const MARKER = '<!-- Above: from the program, by "npm run docs". Below: written by hand. -->'

const escaped = (text) => text.replaceAll('|', '\\|')

function table(head, rows) {
  if (rows.length === 0) return []
  const line = (cells) => `| ${cells.join(' | ')} |`
  return ['', line(head), line(head.map(() => '---')), ...rows.map(line)]
}

function argumentRow(argument) {
  const { variadic, description, defaultValue } = argument
  const fallback = defaultValue === undefined ? '' : ` (default: \`${defaultValue}\`)`
  return [`\`${argument.name()}${variadic ? '...' : ''}\``, `${escaped(description)}${fallback}`]
}

function optionRow({ flags, description, argChoices, defaultValue, negate }) {
  const choices = argChoices === undefined ? '' : `: ${argChoices.map((choice) => `\`${choice}\``).join(' or ')}`
  const plain = negate || defaultValue === undefined || String(defaultValue) === ''
  return [`\`${escaped(flags)}\``, `${escaped(description)}${choices}`, plain ? '' : `\`${defaultValue}\``]
}

function commandPage(command) {
  const usage = `portolan ${command.name()} ${command.usage()}`
  const lines = [
    `# portolan ${command.name()}`,
    '',
    `${command.description()[0].toUpperCase()}${command.description().slice(1)}.`,
    '',
    '```',
    usage,
    '```',
    ...table(['argument', 'meaning'], command.registeredArguments.map(argumentRow)),
    ...table(['option', 'meaning', 'default'], command.options.map(optionRow)),
    ...command.commands.flatMap((sub) => ['', ...subcommandPart(command, sub)]),
  ]
  return lines.join('\n')
}

function subcommandPart(command, sub) {
  const name = `portolan ${command.name()} ${sub.name()}`
  return [
    `## ${name}`,
    '',
    `${sub.description()[0].toUpperCase()}${sub.description().slice(1)}.`,
    '',
    '```',
    `${name} ${sub.usage()}`,
    '```',
    ...table(['argument', 'meaning'], sub.registeredArguments.map(argumentRow)),
    ...table(['option', 'meaning', 'default'], sub.options.map(optionRow)),
  ]
}

function listPage(commands) {
  const rows = commands.map((command) => [
    `[\`portolan ${command.name()}\`](${command.name()}.md)`,
    escaped(command.description()),
  ])
  return ['# Commands', ...table(['command', 'what it does'], rows)].join('\n')
}

function withHandWritten(path, generated) {
  const [, byHand = '\n'] = existsSync(path) ? readFileSync(path, 'utf8').split(MARKER) : []
  return `${generated}\n\n${MARKER}\n${byHand.replace(/^\n?/, '')}`
}

const context = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  environment: {},
  workingDirectory: '/',
}
const { commands } = createProgram(context, () => undefined)
const pages = new Map([
  ['README.md', listPage(commands)],
  ...commands.map((command) => [`${command.name()}.md`, commandPage(command)]),
])
const stale = []
mkdirSync(folder, { recursive: true })
for (const [name, generated] of pages) {
  const path = `${folder}/${name}`
  const page = withHandWritten(path, generated)
  if (existsSync(path) && readFileSync(path, 'utf8') === page) continue
  stale.push(name)
  if (!process.argv.includes('--check')) writeFileSync(path, page)
}
const unknown = readdirSync(folder).filter((name) => !pages.has(name))
for (const name of unknown) process.stderr.write(`docs/commands/${name}: no such command\n`)
for (const name of stale)
  process.stderr.write(
    `docs/commands/${name}: ${process.argv.includes('--check') ? 'out of date: npm run docs' : 'written'}\n`,
  )
if (unknown.length > 0 || (process.argv.includes('--check') && stale.length > 0)) process.exitCode = 1
