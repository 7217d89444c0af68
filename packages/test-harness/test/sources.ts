import { readdirSync, readFileSync } from 'node:fs'
import { join, posix, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type TypeScript from 'typescript'

/** Loaded by Node itself, and once in a process: jest would load it for each file that imports it, in two seconds. */
export const ts: typeof TypeScript = process.getBuiltinModule('node:module').createRequire(import.meta.url)(
  'typescript',
)

export const packagesFolder = fileURLToPath(new URL('../..', import.meta.url))

export interface Import {
  readonly specifier: string
  /** True where the compiler leaves nothing of it. */
  readonly typeOnly: boolean
}

export interface Source {
  /** The package's folder, such as `core`. */
  readonly package: string
  /** From the packages' folder, with `/` on every system: `core/src/wire/codec.ts`. */
  readonly path: string
  /** All of its syntax. */
  readonly nodes: readonly TypeScript.Node[]
  readonly imports: readonly Import[]
}

/** Every source file of every package; tests are not among them. */
export function readSources(): Source[] {
  return readdirSync(packagesFolder).flatMap((name) =>
    readdirSync(join(packagesFolder, name, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readSource(name, `${name}/src/${file.split(sep).join('/')}`)),
  )
}

function readSource(name: string, path: string): Source {
  const text = readFileSync(join(packagesFolder, path), 'utf8')
  const options = {
    languageVersion: ts.ScriptTarget.Latest,
    jsDocParsingMode: ts.JSDocParsingMode.ParseNone,
  }
  const tree = ts.createSourceFile(path, text, options, true)
  const nodes = nodesOf(tree)
  return { package: name, path, nodes, imports: [...importsOf(nodes)] }
}

/** The path of the source that a relative import names, or undefined where it names a package. */
export function target(source: Source, { specifier }: Import): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  return posix.join(posix.dirname(source.path), specifier).replace(/\.js$/, '.ts')
}

/** A node and all below it, those nearest to it first. */
export function nodesOf(node: TypeScript.Node): TypeScript.Node[] {
  const nodes = [node]
  for (const each of nodes) ts.forEachChild(each, (child) => void nodes.push(child))
  return nodes
}

function* importsOf(nodes: readonly TypeScript.Node[]): Iterable<Import> {
  for (const node of nodes) {
    if (ts.isImportDeclaration(node))
      yield { specifier: textOf(node.moduleSpecifier), typeOnly: node.importClause?.isTypeOnly ?? false }
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier)
      yield { specifier: textOf(node.moduleSpecifier), typeOnly: node.isTypeOnly }
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      yield { specifier: textOf(node.argument.literal), typeOnly: true }
    else if (ts.isCallExpression(node) && (isImport(node.expression) || isMadeRequire(node.expression)))
      yield { specifier: textOf(node.arguments[0]), typeOnly: false }
  }
}

function isImport({ kind }: TypeScript.Node): boolean {
  return kind === ts.SyntaxKind.ImportKeyword
}

/** True of the function in `createRequire(…)('name')`. */
function isMadeRequire(called: TypeScript.Node): boolean {
  return ts.isCallExpression(called) && /^(module\.)?createRequire$/.test(called.expression.getText())
}

/** What a module is named by; a name that is only known at run time is none of ours. */
function textOf(name: TypeScript.Node | undefined): string {
  return name && ts.isStringLiteralLike(name) ? name.text : ''
}
