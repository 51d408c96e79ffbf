export const createDatabaseUrl = (directory: string): string => `file:${directory}/db.sqlite`
