export const endpoint = '/api/graphql'
