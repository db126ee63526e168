import { readFileSync } from 'node:fs'
import { mergeManifests } from '../../manifest/merge.ts'
import type { Context } from '../context.ts'
import { readManifests, type ReadManifests } from '../read-manifests.ts'
import { REMEMBERED } from './remember-files.ts'

const NOTHING: ReadManifests = { manifest: mergeManifests([]), texts: new Map() }

/** The files as they are now. Nothing where they are gone: then there are no places. */
export async function rememberedManifests(directory: string, context: Context): Promise<ReadManifests> {
  try {
    const paths: unknown = JSON.parse(readFileSync(`${directory}/${REMEMBERED}`, 'utf8'))
    const files = Array.isArray(paths) ? paths.filter((path) => typeof path === 'string') : []
    return await readManifests(
      files.map((path) => shortPath(path, context)),
      context,
    )
  } catch {
    return NOTHING
  }
}

/** As the user would write it. */
function shortPath(path: string, { workingDirectory }: Context): string {
  return path.startsWith(`${workingDirectory}/`) ? path.slice(workingDirectory.length + 1) : path
}
