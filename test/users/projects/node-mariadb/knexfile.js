module.exports = { client: process.env.DB_CLIENT }
