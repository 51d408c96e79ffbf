const express = require('express')

const app = express()
app.get('/api/v2/health', (_, response) => response.send('OK'))
app.listen(3000)
