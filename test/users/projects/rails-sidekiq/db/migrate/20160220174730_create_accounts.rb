class CreateAccounts; end
