import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
  lstatSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { checked, libc } from './libc.ts'

/** A folder or file of the host that is to be seen elsewhere. */
export interface Mount {
  readonly source: string
  /** An absolute path. */
  readonly target: string
  readonly readOnly: boolean
}

const [CLONE_FS, CLONE_NEWNS] = [0x200, 0x20000]
const [MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC] = [1, 0x20, 0x1000, 0x4000]
const [MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_NOATIME, MS_NODIRATIME, MS_RELATIME] = [2, 4, 8, 0x400, 0x800, 0x200000]
const MNT_DETACH = 2
const O_RDONLY_CLOEXEC = 0o2000000

let home: number | undefined

/** A thread may only change its mount namespace when its root and folder are its own; both are then set back. */
function homeNamespace(): number {
  if (home !== undefined) return home
  const { unshare, open } = libc()
  checked('unshare(CLONE_FS)', unshare(CLONE_FS))
  home = checked('open mnt', open('/proc/thread-self/ns/mnt', O_RDONLY_CLOEXEC, 0))
  return home
}

/**
 * Runs `action` with the main thread in a new mount namespace that shows `mounts`, for a program that it spawns: the
 * namespace ends with the program. `root`: where the program has to go first, because the host lacks some of the targets;
 * nothing is made on the host. `stage` is an empty folder that the caller keeps. Only for synchronous work.
 */
export function withMounts<T>(mounts: readonly Mount[], stage: string, action: (root: string | undefined) => T): T {
  if (mounts.length === 0) return action(undefined)
  const back = homeNamespace()
  const folder = process.cwd()
  const { unshare, setns } = libc()
  checked('unshare(CLONE_NEWNS)', unshare(CLONE_NEWNS))
  try {
    return action(arrange(mounts, stage))
  } finally {
    checked('setns', setns(back, CLONE_NEWNS))
    process.chdir(folder)
  }
}

/** A file system in memory, seen by this process and those that it starts. `size` in bytes. */
export function mountMemory(path: string, size: number | undefined): void {
  const options = size === undefined ? 'mode=0777' : `mode=0777,size=${size}`
  checked(`mount ${path}`, libc().mount('tmpfs', path, 'tmpfs', MS_NOSUID | MS_NODEV, options))
}

export function unmountMemory(path: string): void {
  libc().umount2(path, MNT_DETACH)
}

function bind(source: string, target: string, readOnly: boolean): void {
  const { mount } = libc()
  checked(`mount ${source} at ${target}`, mount(source, target, '', MS_BIND | MS_REC, ''))
  if (!readOnly) return
  // A user namespace cannot take flags off that came with the mount: each has to be said again.
  const flags = [0, MS_NOSUID, MS_NODEV, MS_NOSUID | MS_NODEV, MS_NOSUID | MS_NODEV | MS_NOEXEC]
  const times = [0, MS_RELATIME, MS_NOATIME, MS_NOATIME | MS_NODIRATIME]
  const done = flags.some((flag) =>
    times.some((time) => mount('', target, '', MS_BIND | MS_REMOUNT | MS_RDONLY | flag | time, '') === 0),
  )
  if (!done) checked(`mount ${target} read-only`, -1)
}

/** The outer ones first. */
function arrange(mounts: readonly Mount[], stage: string): string | undefined {
  const real = mounts.map((mount) => ({ ...mount, target: resolveTarget(mount.target) }))
  const sorted = real.toSorted((a, b) => a.target.split('/').length - b.target.split('/').length)
  const missing = sorted.filter(({ target, source }) => !isSameKind(target, source))
  const root = missing.length === 0 ? '' : makePlaces(stage, missing)
  for (const { source, target, readOnly } of sorted) {
    const at = `${root}${target}`
    if (!isSameKind(at, source)) makePoint(at, source)
    bind(source, at, readOnly)
  }
  return root === '' ? undefined : root
}

/** Where the root itself lacks a folder there has to be another root; else folders are covered, and the rest stays. */
function makePlaces(stage: string, missing: readonly Mount[]): string {
  const parents = new Set(missing.map(({ target }) => existingParent(target)))
  if (parents.has('/')) return makeRoot(stage, missing)
  mountTemporary(stage)
  for (const [i, parent] of [...parents].entries()) {
    const cover = join(stage, String(i))
    makeFolder(parent, cover)
    mirror(parent, cover, { folders: new Map() })
    bind(cover, parent, false)
  }
  return ''
}

function existingParent(target: string): string {
  const parent = dirname(target)
  return parent === '/' || existsSync(parent) ? parent : existingParent(parent)
}

/** With all symbolic links of the part that exists followed. */
function resolveTarget(target: string): string {
  const clean = join('/', target).replace(/(.)\/$/, '$1')
  if (clean === '/') throw new Error('nothing can be mounted at /')
  try {
    return realpathSync(clean)
  } catch {
    const parent = dirname(clean)
    return join(parent === '/' ? '/' : resolveTarget(parent), clean.slice(parent.length))
  }
}

function isSameKind(target: string, source: string): boolean {
  const found = statSync(target, { throwIfNoEntry: false })
  return found !== undefined && found.isDirectory() === statSync(source).isDirectory()
}

/** A place to mount on: outside of what is mirrored it is in the stage, or in a volume that is mounted already. */
function makePoint(at: string, source: string): void {
  if (statSync(source).isDirectory()) mkdirSync(at, { recursive: true })
  else {
    mkdirSync(dirname(at), { recursive: true })
    writeFileSync(at, '')
  }
}

/** Folders of the host that have to be made anew, since something is to be mounted in them that they lack. */
interface Mirrored {
  readonly folders: Map<string, Mirrored>
}

/** A root in memory that shows the host's, with folders of its own where `missing` targets need them. */
function makeRoot(stage: string, missing: readonly Mount[]): string {
  mountTemporary(stage)
  const tree: Mirrored = { folders: new Map() }
  for (const { target } of missing) {
    let at = tree
    for (const name of dirname(target).split('/').filter(Boolean)) {
      const next = at.folders.get(name) ?? { folders: new Map() }
      at.folders.set(name, next)
      at = next
    }
  }
  mirror('/', stage, tree)
  return stage
}

function mountTemporary(path: string): void {
  checked(`mount ${path}`, libc().mount('tmpfs', path, 'tmpfs', MS_NOSUID | MS_NODEV, 'mode=0755'))
}

/** As open as the one that it stands for. */
function makeFolder(like: string, path: string): void {
  mkdirSync(path)
  chmodSync(path, statSync(like).mode & 0o7777)
}

function mirror(from: string, to: string, { folders }: Mirrored): void {
  for (const name of readdirSync(from)) {
    const [source, target] = [join(from, name), join(to, name)]
    const inner = folders.get(name)
    const found = lstatSync(source, { throwIfNoEntry: false })
    if (found === undefined) continue
    if (inner !== undefined && found.isDirectory()) {
      makeFolder(source, target)
      mirror(source, target, inner)
    } else if (found.isSymbolicLink()) symlinkSync(readlinkSync(source), target)
    else {
      if (found.isDirectory()) mkdirSync(target)
      else writeFileSync(target, '')
      // What this user may not see cannot be shown either.
      libc().mount(source, target, '', MS_BIND | MS_REC, '')
    }
  }
}
