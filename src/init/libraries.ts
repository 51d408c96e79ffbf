import { isWithin } from '../plan/paths.ts'
import type { Dockerfile } from './dockerfile.ts'
import { below, folderOf, type SourceTree } from './tree.ts'

/** Files in which a project says what it is made of. */
const MANIFESTS =
  /(^|\/)(package\.json|pyproject\.toml|Pipfile|setup\.(py|cfg)|requirements[\w.-]*\.txt|requirements\/[\w.-]+\.txt|go\.mod|Cargo\.toml|Gemfile|composer\.json|pom\.xml|build\.gradle(\.kts)?|[\w.-]+\.csproj)$/

/** What the source of an image is made of: the text of all that lists its libraries. @param others folders of other images, whose lists are theirs */
export const manifestText = (tree: SourceTree, context: string, dockerfile: Dockerfile | null, others: readonly string[] = []): string =>
  [...new Set(manifestsOf(tree, context, dockerfile, others))].map((file) => withoutOwnNames(tree.read(file) ?? '')).join('\n')

const manifestsOf = (tree: SourceTree, context: string, dockerfile: Dockerfile | null, others: readonly string[]): readonly string[] => {
  const inContext = (path: string): string => (context === '' ? path : `${context}/${path}`)
  // where several images are built in one context, each copies its own list out of a folder of its own
  const named = (dockerfile?.copies ?? [])
    .map(({ from }) => inContext(from))
    .filter((file) => MANIFESTS.test(file) && folderOf(file) !== context && tree.files.includes(file))
  if (named.length > 0) return named
  const own = folderOf(dockerfile?.path ?? '')
  const ofOthers = others.filter((folder) => folder !== context && folder !== own && isWithin(context, folder))
  const near = below(tree, context, 2).filter((file) => MANIFESTS.test(file) && !ofOthers.some((folder) => isWithin(folder, file)))
  const beside = dockerfile === null ? [] : below(tree, own, 1).filter((file) => MANIFESTS.test(file))
  // the Dockerfile's own folder knows best there, too
  return own !== context && own !== '' && beside.length > 0 ? beside : near
}

/** A package that is itself called "…-bot" is no library. */
const withoutOwnNames = (text: string): string =>
  text.replace(/"(name|description|keywords|repository|homepage|author)"\s*:\s*("[^"]*"|\[[^\]]*\])/g, '')

/** Libraries that open the one session a chat service gives a bot, or that poll for its messages. */
export const BOT_LIBRARY =
  /(^|[^\w-])(discord\.js|@discordjs\/(core|ws)|oceanic\.js|eris|discordeno|@sapphire\/framework|discord\.py|discord-py|nextcord|py-cord|disnake|hikari|pydis[_-]core|interactions\.py|discordgo|disgo|serenity|poise|discordrb|JDA|Discord\.Net|telegraf|grammy|node-telegram-bot-api|python-telegram-bot|pyTelegramBotAPI|aiogram|pyrogram|telethon|telebot|telegram-bot-api|teloxide|telego|@slack\/bolt|slack[_-]bolt|matrix-nio|matrix-bot-sdk|mineflayer|whatsapp-web\.js|baileys|tmi\.js|twitchio)([^\w-]|$)/im

/** A polling bot of python-telegram-bot and the like is called this where its library is not in sight. */
export const BOT_NAME = /(^|[-_.])(bot|discord|telegram|tg|gateway|slackbot)($|[-_.\d])/i
