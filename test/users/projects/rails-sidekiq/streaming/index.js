import express from 'express'

const app = express()
app.get('/api/v1/streaming/health', (_, response) => response.send('OK'))
